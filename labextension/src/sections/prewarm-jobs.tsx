/** The queue of PREWARM: how far each job is, what is left, what failed and why, and what can be done to it. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { JobVerb, PrewarmJob, PrewarmWish } from "@sojourn/kernel/panel-protocol";
import { useEffect, useRef, useState } from "react";
import type { SectionProps } from "../section-widget.js";
import { formatDuration } from "../view-model/numbers.js";
import { doneOf, verbsOf } from "../view-model/prewarm.js";
import type { Live } from "../view-model/state.js";
import { Action } from "./parts.js";

interface Props extends Pick<SectionProps, "model" | "trans"> {
  readonly live: Live;
  /** Puts a job's wish into the form again. */
  readonly onEdit: (wish: PrewarmWish) => void;
}

export function Jobs({ model, trans, live, onEdit }: Props) {
  const jobs = live.jobs ?? [];
  const said = useAnnouncement(jobs, trans);
  const act = (job: string, verb: JobVerb) =>
    model.ask("job", { job, verb }).catch((fault: Error) => model.tell({ tone: "error", text: fault.message }));
  return (
    <>
      <p className="jp-Sojourn-hidden" role="status">
        {said}
      </p>
      {jobs.length === 0 ? null : (
        <ul className="jp-Sojourn-cards" aria-label={trans.__("Prewarming jobs")}>
          {jobs.map((job) => (
            <Job
              key={job.id}
              {...{ job, trans, live }}
              offered={model.offers("prewarm")}
              onAct={(verb) => void act(job.id, verb)}
              onEdit={() => onEdit(job.wish)}
            />
          ))}
        </ul>
      )}
    </>
  );
}

interface JobProps {
  readonly job: PrewarmJob;
  readonly trans: TranslationBundle;
  readonly live: Live;
  readonly offered: boolean;
  readonly onAct: (verb: JobVerb) => void;
  readonly onEdit: () => void;
}

function Job({ job, trans, live, offered, onAct, onEdit }: JobProps) {
  const { wish, total, failures, failed } = job;
  const done = doneOf(job);
  const words: Readonly<Record<JobVerb, string>> = {
    pause: trans.__("Pause"),
    resume: trans.__("Go on"),
    cancel: trans.__("Cancel"),
    rerun: failed > 0 ? trans.__("Try failed ones again") : trans.__("Run again"),
    forget: trans.__("Remove"),
  };
  const name = `${wish.model} ${inputsText(wish)}`.trim();
  return (
    <li data-job={job.state}>
      <div className="jp-Sojourn-job">
        <strong className="jp-Sojourn-name" title={name}>
          <bdi>{name}</bdi>
        </strong>
        <span>{stateText(job, trans)}</span>
      </div>
      <progress max={Math.max(1, total)} value={done} aria-label={trans.__("Progress of %1", name.slice(0, 100))} />
      <p className="jp-Sojourn-next">{countsText(job, trans)}</p>
      {failures.length === 0 ? null : (
        <details>
          <summary>{trans._n("%1 failed", "%1 failed", failed)}</summary>
          <ul className="jp-Sojourn-plain">
            {failures.map(({ inputs, reason }) => (
              <li key={inputs}>
                <bdi>{inputs}</bdi>: <bdi>{reason}</bdi>
              </li>
            ))}
          </ul>
        </details>
      )}
      {offered ? (
        <div className="jp-Sojourn-actions">
          {verbsOf(job).map((verb) => (
            <Action
              key={verb}
              permission={live.can.prewarm}
              label={`${words[verb]}: ${name.slice(0, 100)}`}
              onClick={() => onAct(verb)}
            >
              {words[verb]}
            </Action>
          ))}
          <Action onClick={onEdit} label={trans.__("Use again: %1", name.slice(0, 100))}>
            {trans.__("Use again…")}
          </Action>
        </div>
      ) : null}
    </li>
  );
}

const inputsText = ({ inputs }: PrewarmWish): string =>
  Object.entries(inputs)
    .map(([name, value]) => {
      const values = Array.isArray(value) ? value : [value];
      const text = values.map((one) => (typeof one === "string" ? one : JSON.stringify(one)));
      const shown = text.length > 4 ? [text[0], text[1], "…", text.at(-1)] : text;
      return `${name} = ${shown.join(", ")}`;
    })
    .join("; ");

function stateText({ state, reason, elsewhere }: PrewarmJob, trans: TranslationBundle): string {
  if (elsewhere) return trans.__("in another notebook");
  switch (state) {
    case "queued":
      return trans.__("waits for its turn");
    case "running":
      return trans.__("running");
    case "waiting":
      return reason === undefined ? trans.__("waiting") : trans.__("waiting: %1", reason);
    case "paused":
      return reason === undefined ? trans.__("paused") : trans.__("paused: %1", reason);
    case "interrupted":
      return trans.__("its kernel is gone");
    case "cancelled":
      return trans.__("cancelled");
    case "done":
      return trans.__("done");
    default:
      return state satisfies never;
  }
}

function countsText(job: PrewarmJob, trans: TranslationBundle): string {
  const { total, made, warm, failed, current, elapsedMs, remainingMs } = job;
  const texts = [trans.__("%1 of %2: %3 made, %4 there already", doneOf(job), total, made, warm)];
  if (failed > 0) texts.push(trans._n("%1 failed", "%1 failed", failed));
  if (current !== undefined && current !== "") texts.push(trans.__("at %1", current));
  if (remainingMs !== undefined && remainingMs > 0) texts.push(trans.__("about %1 left", formatDuration(remainingMs)));
  else if (elapsedMs > 0) texts.push(trans.__("took %1", formatDuration(elapsedMs)));
  return texts.join(" · ");
}

/** Says politely when a job ends or stops, and not how each step of it went. */
function useAnnouncement(jobs: readonly PrewarmJob[], trans: TranslationBundle): string {
  const before = useRef<ReadonlyMap<string, string>>(new Map());
  const [said, setSaid] = useState("");
  useEffect(() => {
    const changed = jobs.find(({ id, state }) => before.current.has(id) && before.current.get(id) !== state);
    before.current = new Map(jobs.map(({ id, state }) => [id, state]));
    if (changed !== undefined) setSaid(trans.__("%1: %2", changed.wish.model, stateText(changed, trans)));
  }, [jobs, trans]);
  return said;
}
