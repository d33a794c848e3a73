// A learner's way from sign-up to a verified certificate, by the types that openapi-typescript makes of the documents.
//
// Arguments: the platform's address, and a JSON file with the right response to each prompt.
// Prints what came of it as one JSON object. Ends with an error at the first answer that is not as it should be.

import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { argv } from "node:process";
import { setTimeout as sleep } from "node:timers/promises";

import createClient from "openapi-fetch";

import type { paths as EverybodysPaths } from "./everybody.js";
import type { paths as LearnersPaths } from "./learners.js";

// Without a body, or without answers, what was saved is handed in.
type Submission = NonNullable<
  LearnersPaths["/api/v1/me/attempts/{attempt_id}/submission"]["put"]["requestBody"]
>["content"]["application/json"];
type Answer = NonNullable<Submission["answers"]>[number];

const CERTIFICATE_WITHIN_S = 60;
const LANGUAGE = "en";

const [, , baseUrl, answersFile] = argv;
if (baseUrl === undefined || answersFile === undefined) throw new Error("usage: journey.js BASE_URL ANSWERS_FILE");

let accessToken: string | undefined;
const learner = createClient<LearnersPaths>({
  baseUrl,
  headers: { "Accept-Language": LANGUAGE },
});
learner.use({
  onRequest({ request }) {
    if (accessToken !== undefined) request.headers.set("Authorization", `Bearer ${accessToken}`);
    return request;
  },
});
const everybody = createClient<EverybodysPaths, "application/json">({
  baseUrl,
  headers: { Accept: "application/json" },
});

/** The body of an answer, or an error that tells what was refused. */
function body<Body>(answer: { data?: Body; error?: unknown; response: Response }): Body {
  if (answer.data === undefined) {
    const { status, url } = answer.response;
    throw new Error(`${url}: ${status.toString()} ${JSON.stringify(answer.error)}`);
  }
  return answer.data;
}

function isResponse(value: unknown): value is Answer["response"] {
  const isPart = (part: unknown) => typeof part === "string" || typeof part === "number";
  return isPart(value) || (Array.isArray(value) && value.every(isPart));
}

async function readAnswers(file: string): Promise<Map<string, Answer["response"]>> {
  const read: unknown = JSON.parse(await readFile(file, "utf-8"));
  const answers = new Map<string, Answer["response"]>();
  if (typeof read !== "object" || read === null) throw new Error(`${file} holds no object`);
  for (const [prompt, response] of Object.entries(read)) {
    if (!isResponse(response)) throw new Error(`${file}: no response to ${prompt}`);
    answers.set(prompt, response);
  }
  return answers;
}

async function signUp(): Promise<void> {
  const { meta } = body(
    await learner.POST("/auth/app/v1/auth/signup", {
      body: { username: `journey-${randomUUID()}`, password: randomUUID() },
    }),
  );
  if (meta.access_token === undefined) throw new Error("signing up gave no token");
  accessToken = meta.access_token;
  body(
    await learner.PUT("/api/v1/me/profile", {
      body: { legal_name: "Nguyễn Thị Hồng", member_state: "VN", languages: ["vi", "en"], birth_year: 1994 },
    }),
  );
}

/** Consents to all that is asked for: what is needed to learn, and what each agency of the own state would see. */
async function consent(): Promise<void> {
  const purposes = body(await learner.GET("/api/v1/purposes")).items;
  const agencies = body(await learner.GET("/api/v1/agencies")).items;
  for (const purpose of purposes) {
    const text = purpose.texts.find(({ language }) => language === LANGUAGE);
    if (text === undefined) throw new Error(`${purpose.code} has no text in ${LANGUAGE}`);
    const forWhom = purpose.per_agency ? agencies.map((agency) => agency.id) : [null];
    for (const agency_id of forWhom) {
      body(
        await learner.PUT("/api/v1/me/consents/{record_id}", {
          params: { path: { record_id: randomUUID() } },
          body: {
            purpose: purpose.code,
            agency_id,
            given: true,
            text_version: text.version,
            text_language: text.language,
          },
        }),
      );
    }
  }
}

async function learn(editionId: string): Promise<void> {
  const enrolment = { params: { path: { enrolment_id: randomUUID() } }, body: { edition_id: editionId } };
  const refused = await learner.PUT("/api/v1/me/enrolments/{enrolment_id}", enrolment);
  if (refused.error?.code !== "consent_missing") throw new Error("enrolled without a consent");
  await consent();
  body(await learner.PUT("/api/v1/me/enrolments/{enrolment_id}", enrolment));

  const edition = body(
    await learner.GET("/api/v1/editions/{edition_id}", { params: { path: { edition_id: editionId } } }),
  );
  for (const module of edition.modules) {
    const lessons = [];
    for (const { id } of module.lessons) {
      const lesson = body(await learner.GET("/api/v1/lessons/{lesson_id}", { params: { path: { lesson_id: id } } }));
      if (lesson.html === "") throw new Error(`${lesson.slug} is empty`);
      lessons.push({ lesson_id: id, furthest: 100, done_at: new Date().toISOString() });
    }
    body(
      await learner.PUT("/api/v1/me/enrolments/{enrolment_id}/progress", {
        params: enrolment.params,
        body: { lessons },
      }),
    );
  }
}

async function takeAssessment(editionId: string, right: Map<string, Answer["response"]>): Promise<number> {
  const quizzes = body(
    await learner.GET("/api/v1/editions/{edition_id}/quizzes", { params: { path: { edition_id: editionId } } }),
  );
  const quiz = quizzes.items.find(({ mode, is_open }) => mode === "assessment" && is_open);
  if (quiz === undefined) throw new Error("no assessment is open");
  const attempt = { path: { attempt_id: randomUUID() } };
  const started = body(
    await learner.PUT("/api/v1/me/attempts/{attempt_id}", { params: attempt, body: { quiz_id: quiz.id } }),
  );
  const answers = started.items.map((item): Answer => {
    const response = right.get(item.prompt.trim());
    if (response === undefined) throw new Error(`no answer is known to an item of kind ${item.kind}`);
    return { item: item.id, response };
  });
  const graded = body(
    await learner.PUT("/api/v1/me/attempts/{attempt_id}/submission", { params: attempt, body: { answers } }),
  );
  if (graded.passed !== true || graded.score === null) throw new Error("the right answers did not pass");
  return graded.score;
}

async function certificate() {
  const deadline = Date.now() + CERTIFICATE_WITHIN_S * 1000;
  while (Date.now() < deadline) {
    const [issued] = body(await learner.GET("/api/v1/me/certificates")).items;
    if (issued !== undefined) return issued;
    await sleep(250);
  }
  throw new Error(`no certificate within ${CERTIFICATE_WITHIN_S.toString()} s`);
}

/** The learner's levels by skill, each with the sentences that explain it. */
async function skills() {
  const listed = body(await learner.GET("/api/v1/me/skills")).items;
  return listed.map(({ code, level, history, evidence }) => ({
    code,
    level,
    explanations: [...history, ...evidence].map(({ explanation }) => explanation),
  }));
}

/** What a stranger finds out of the certificate: by its code, and by handing in the credential. */
async function verify(code: string) {
  const params = { path: { code } };
  const status = body(await everybody.GET("/verify/{code}/status", { params }));
  const credential = body(await everybody.GET("/verify/{code}/credential", { params }));
  const [judged] = body(await everybody.POST("/verify", { body: { credentials: [credential] } })).items;
  return { byCode: status.verdict, byCredential: judged?.verdict, name: judged?.name };
}

const right = await readAnswers(answersFile);
await signUp();
const [card] = body(await learner.GET("/api/v1/catalogue")).items;
if (card === undefined) throw new Error("the catalogue is empty");
await learn(card.id);
const score = await takeAssessment(card.id, right);
const { public_code: code, status } = await certificate();
console.log(JSON.stringify({ code, status, score, skills: await skills(), verified: await verify(code) }));
