/** PREWARM: choose a model and its inputs, see what making them would cost, start; and the queue of what was started. */
import type { TranslationBundle } from "@jupyterlab/translation";
import { type PrewarmForecast, WARM_QUESTIONS, type WarmModel } from "@sojourn/kernel/panel-protocol";
import { type FormEvent, useEffect, useState } from "react";
import type { SectionProps } from "../section-widget.js";
import { formatDuration } from "../view-model/numbers.js";
import {
  EMPTY_FORM,
  type Fault,
  formOf,
  type ModelWish,
  modelId,
  openJobs,
  type PrewarmForm,
  readForm,
  textsOf,
  wishedForm,
} from "../view-model/prewarm.js";
import type { Live } from "../view-model/state.js";
import { Action, Fault as FaultText, NoKernel, useAnswer, useLive, useWish } from "./parts.js";
import { Jobs } from "./prewarm-jobs.js";

export function PrewarmSection({ model, trans, shown, setCount }: SectionProps) {
  const live = useLive(model);
  const [form, setForm] = useState(EMPTY_FORM);
  const count = openJobs(live?.jobs ?? []);
  useEffect(() => setCount(count), [setCount, count]);
  if (live === undefined)
    return (
      <div className="jp-Sojourn-body">
        <NoKernel trans={trans} />
      </div>
    );
  return (
    <div className="jp-Sojourn-body">
      <Jobs {...{ model, trans, live }} onEdit={(wish) => setForm(formOf(wish))} />
      {model.offers("prewarm") ? <Form {...{ model, trans, shown, live, form, setForm }} /> : null}
    </div>
  );
}

interface FormProps extends Pick<SectionProps, "model" | "trans" | "shown"> {
  readonly live: Live;
  readonly form: PrewarmForm;
  readonly setForm: (form: PrewarmForm) => void;
}

type Step =
  | { readonly tag: "typing" }
  | { readonly tag: "asking" }
  | { readonly tag: "known"; readonly forecast: PrewarmForecast }
  | { readonly tag: "failed"; readonly message: string };

function Form({ model, trans, shown, live, form, setForm }: FormProps) {
  const { answer, error } = useAnswer(model, "models", {}, shown, live.models);
  const models = answer?.models ?? [];
  const chosen = models.find((one) => modelId(one) === form.model);
  const { wish, faults, combinations } = readForm(form, chosen);
  const [step, setStep] = useState<Step>({ tag: "typing" });
  const [wished, setWished] = useState<ModelWish>();
  const asked = JSON.stringify(wish);
  // an estimate is of what was typed then
  // biome-ignore lint/correctness/useExhaustiveDependencies: the wish is compared by what it says
  useEffect(() => setStep({ tag: "typing" }), [asked]);
  useWish(model, "prewarm", (one) => {
    if (one.type === "prewarm") setWished({ name: one.model, over: form });
  });
  // a section that was collapsed does not know the models yet
  const granted = wishedForm(form, wished, models);
  useEffect(() => {
    if (granted !== undefined) setForm(granted);
  });

  const choose = (id: string) => {
    const next = models.find((one) => modelId(one) === id);
    setForm({ ...form, model: id, inputs: next ? textsOf(next) : {} });
  };
  const estimate = (event: FormEvent) => {
    event.preventDefault();
    if (wish === undefined) return;
    setStep({ tag: "asking" });
    model.ask("forecast", wish).then(
      (forecast) => setStep({ tag: "known", forecast }),
      (fault: Error) => setStep({ tag: "failed", message: fault.message }),
    );
  };
  const start = () => {
    if (wish === undefined) return;
    setStep({ tag: "asking" });
    model.ask("prewarm", wish).then(
      () => setStep({ tag: "typing" }),
      (fault: Error) => setStep({ tag: "failed", message: fault.message }),
    );
  };

  return (
    <form className="jp-Sojourn-form" onSubmit={estimate} noValidate>
      <FaultText text={error} />
      <label>
        {trans.__("Model")}
        <select className="jp-Sojourn-select" value={form.model} onChange={({ target }) => choose(target.value)}>
          <option value="">{answer === undefined ? trans.__("looking for models…") : trans.__("choose one")}</option>
          <ModelGroup
            label={trans.__("Of this notebook")}
            models={models.filter(({ source }) => source === "notebook")}
          />
          <ModelGroup label={trans.__("Families")} models={models.filter(({ source }) => source === "family")} />
        </select>
      </label>
      {chosen === undefined ? (
        <p className="jp-Sojourn-next">
          {trans.__(
            "Builds what will be needed before anybody waits for it. Models appear here once a cell has defined them.",
          )}
        </p>
      ) : (
        <>
          {chosen.description === "" ? null : <p className="jp-Sojourn-next">{chosen.description}</p>}
          {Object.keys(chosen.inputs).map((name) => (
            <Field
              key={name}
              label={name}
              value={form.inputs[name] ?? ""}
              fault={faults[name]}
              trans={trans}
              hint={trans.__("One value, or several: 10, 20, 30..60 by 10")}
              onChange={(text) => setForm({ ...form, inputs: { ...form.inputs, [name]: text } })}
            />
          ))}
          <Questions {...{ trans, form, setForm }} fault={faults.questions} />
          <Field
            label={trans.__("θ at once")}
            value={form.batches}
            fault={faults.batches}
            trans={trans}
            hint={trans.__("Sizes of batches. Programs serve any grid of times, and are made for this machine.")}
            onChange={(batches) => setForm({ ...form, batches })}
          />
          <Forecast {...{ trans, step, combinations }} />
          <div className="jp-Sojourn-actions">
            <button
              type="submit"
              className="jp-Button jp-Sojourn-button"
              disabled={wish === undefined || step.tag === "asking"}
            >
              {trans.__("Estimate")}
            </button>
            <Action
              primary
              permission={live.can.prewarm}
              disabled={step.tag !== "known" || step.forecast.failing === step.forecast.total}
              title={step.tag === "known" ? undefined : trans.__("See the estimate first")}
              onClick={start}
            >
              {trans.__("Start")}
            </Action>
          </div>
        </>
      )}
    </form>
  );
}

function ModelGroup({ label, models }: { label: string; models: readonly WarmModel[] }) {
  return models.length === 0 ? null : (
    <optgroup label={label}>
      {models.map((one) => (
        <option key={modelId(one)} value={modelId(one)}>
          {one.name}
        </option>
      ))}
    </optgroup>
  );
}

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly fault: Fault | undefined;
  readonly hint: string;
  readonly trans: TranslationBundle;
  readonly onChange: (text: string) => void;
}

function Field({ label, value, fault, hint, trans, onChange }: FieldProps) {
  return (
    <label title={hint}>
      <bdi>{label}</bdi>
      <input
        type="text"
        className="jp-Sojourn-input"
        value={value}
        aria-invalid={fault !== undefined}
        onChange={({ target }) => onChange(target.value)}
      />
      {fault === undefined ? null : (
        <span className="jp-Sojourn-notice jp-mod-error" role="alert">
          {faultText(fault, trans)}
        </span>
      )}
    </label>
  );
}

function faultText(fault: Fault, trans: TranslationBundle): string {
  switch (fault) {
    case "empty":
      return trans.__("Say at least one.");
    case "not-a-number":
      return trans.__("It must be numbers, such as 10, 20 or 10..50 by 10.");
    case "bad-range":
      return trans.__("A range goes upwards, such as 10..50 by 10.");
    case "too-many":
      return trans.__("A range of more than 1000 values is taken for a slip.");
    case "not-whole":
      return trans.__("It must be whole numbers from 1 on.");
    case "not-json":
      return trans.__("It must be JSON, such as [1, 2].");
    default:
      return fault satisfies never;
  }
}

interface QuestionsProps {
  readonly trans: TranslationBundle;
  readonly form: PrewarmForm;
  readonly setForm: (form: PrewarmForm) => void;
  readonly fault: Fault | undefined;
}

function Questions({ trans, form, setForm, fault }: QuestionsProps) {
  const toggle = (name: string, on: boolean) =>
    setForm({ ...form, questions: WARM_QUESTIONS.filter((one) => (one === name ? on : form.questions.includes(one))) });
  return (
    <fieldset className="jp-Sojourn-questions">
      <legend>{trans.__("What will be asked")}</legend>
      {WARM_QUESTIONS.map((name) => (
        <label key={name}>
          <input
            type="checkbox"
            checked={form.questions.includes(name)}
            onChange={({ target }) => toggle(name, target.checked)}
          />
          {name}
        </label>
      ))}
      <label>
        <input
          type="checkbox"
          checked={form.gradients}
          onChange={({ target }) => setForm({ ...form, gradients: target.checked })}
        />
        {trans.__("gradients too")}
      </label>
      {fault === undefined ? null : (
        <span className="jp-Sojourn-notice jp-mod-error" role="alert">
          {faultText(fault, trans)}
        </span>
      )}
    </fieldset>
  );
}

function Forecast({ trans, step, combinations }: { trans: TranslationBundle; step: Step; combinations: number }) {
  return (
    <div role="status" className="jp-Sojourn-forecast">
      {step.tag === "typing" ? (
        <p className="jp-Sojourn-next">
          {trans._n("%1 combination of inputs", "%1 combinations of inputs", combinations)}
        </p>
      ) : step.tag === "asking" ? (
        <p className="jp-Sojourn-next">{trans.__("Asking the kernel.")}</p>
      ) : step.tag === "failed" ? (
        <p className="jp-Sojourn-notice jp-mod-error">{step.message}</p>
      ) : (
        <p>{forecastText(step.forecast, trans)}</p>
      )}
    </div>
  );
}

function forecastText(forecast: PrewarmForecast, trans: TranslationBundle): string {
  const { total, warm, cold, failing, reasons, estimatedMs, unknown } = forecast;
  const texts = [
    trans._n("%1 combination:", "%1 combinations:", total),
    trans.__("%1 there already, %2 to be made.", warm, cold),
  ];
  if (cold > unknown) texts.push(trans.__("Alike ones took %1.", formatDuration(estimatedMs)));
  if (unknown > 0) texts.push(trans._n("Of %1 nothing alike is known.", "Of %1 nothing alike is known.", unknown));
  if (failing > 0) texts.push(trans.__("%1 cannot be made: %2", failing, reasons.join(" ")));
  return texts.join(" ");
}
