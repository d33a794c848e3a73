"""A cohort of synthetic learners that uses the platform as a frontend would: over HTTP, with nothing but what it answers.

Nothing here imports the platform (the import contract holds it). The answers come from the course's own content files,
for a simulated person has to know something.
"""
