/** The panel's charts: loaded, with plotly, when a person asks for them; in the page's colours, and each with its words. */
import { type RefObject, useEffect, useRef } from "react";
import type { SectionProps } from "../section-widget.js";
import { Fault, useAnswer } from "../sections/parts.js";
import { figuresOf, type PanelFigure } from "../view-model/chart-figures.js";
import { readTheme, safeConfig, themedLayout } from "./figure.js";
import { plotly } from "./plotly.js";

type Props = Pick<SectionProps, "model" | "trans" | "shown"> & { readonly revision: unknown };

export function PanelCharts({ model, trans, shown, revision }: Props) {
  const { answer, error } = useAnswer(model, "charts", {}, shown, revision);
  const figures = answer === undefined ? [] : figuresOf(answer, trans);
  return (
    <div className="jp-Sojourn-charts">
      <Fault text={error} />
      {answer !== undefined && figures.length === 0 ? (
        <p className="jp-Sojourn-next">{trans.__("There is nothing to draw yet. Build a model, and look again.")}</p>
      ) : null}
      {figures.map((figure) => (
        <figure key={figure.id} className="jp-Sojourn-figure">
          <figcaption>{figure.title}</figcaption>
          <Drawing figure={figure} />
        </figure>
      ))}
    </div>
  );
}

function Drawing({ figure }: { figure: PanelFigure }) {
  const ref = useRef<HTMLDivElement>(null);
  useDrawn(ref, figure);
  return <div ref={ref} className="jp-Sojourn-drawing" role="img" aria-label={`${figure.title}: ${figure.text}`} />;
}

/** Drawn again when the figure, the width or the theme changes. */
function useDrawn(ref: RefObject<HTMLDivElement>, figure: PanelFigure): void {
  const drawn = JSON.stringify(figure);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the figure is compared by what it says
  useEffect(() => {
    const node = ref.current;
    if (node === null) return;
    const draw = () => {
      const width = node.clientWidth;
      if (width === 0) return;
      const style = getComputedStyle(node);
      const theme = readTheme((name) => style.getPropertyValue(name));
      const layout = themedLayout(figure.layout, theme, width);
      const config = safeConfig({ displayModeBar: false });
      void plotly.react(node, structuredClone(figure.data) as object[], layout, config);
    };
    const sizes = new ResizeObserver(draw);
    sizes.observe(node);
    // JupyterLab hides the whole page for one frame after a change of theme
    const themes = new MutationObserver(() => requestAnimationFrame(() => requestAnimationFrame(draw)));
    themes.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-name"] });
    return () => {
      sizes.disconnect();
      themes.disconnect();
    };
  }, [drawn]);
  useEffect(() => {
    const node = ref.current;
    return () => {
      if (node !== null) plotly.purge(node);
    };
  }, [ref]);
}
