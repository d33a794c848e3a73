"""Routes, relative to the root; config/urls.py collects them."""

from django.urls import path

from courses.api.case import CaseAssociation, CaseDocument, CaseItem, CasePackage
from courses.api.catalogue import Catalogue
from courses.api.documents import Document, Edition, Lesson, LessonOfEdition, Manifest
from courses.api.framework import Framework

urlpatterns = [
    path("api/v1/catalogue", Catalogue.as_view(), name="catalogue"),
    path("api/v1/editions/<id:edition_id>", Edition.as_view(), name="edition"),
    path("api/v1/editions/<id:edition_id>/manifest", Manifest.as_view(), name="edition-manifest"),
    path("api/v1/editions/<id:edition_id>/lessons/<id:lesson_id>", LessonOfEdition.as_view(), name="lesson-of-edition"),
    path("api/v1/documents/<sha256:digest>", Document.as_view(), name="document"),
    path("api/v1/lessons/<id:lesson_id>", Lesson.as_view(), name="lesson"),
    path("api/v1/framework", Framework.as_view(), name="framework"),
    path("ims/case/v1p1/CFItems/<id:identifier>", CaseItem.as_view(), name="case-item"),
    path("ims/case/v1p1/CFDocuments/<id:identifier>", CaseDocument.as_view(), name="case-document"),
    path("ims/case/v1p1/CFPackages/<id:identifier>", CasePackage.as_view(), name="case-package"),
    path("ims/case/v1p1/CFAssociations/<id:identifier>", CaseAssociation.as_view(), name="case-association"),
]
