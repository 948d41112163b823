/** The extension's plugins, and nothing else: what each needs, provides, and puts together. */
import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ICommandPalette, IThemeManager } from "@jupyterlab/apputils";
import { IConsoleTracker } from "@jupyterlab/console";
import { INotebookTracker } from "@jupyterlab/notebook";
import { IRenderMimeRegistry } from "@jupyterlab/rendermime";
import { ISettingRegistry } from "@jupyterlab/settingregistry";
import { ITranslator } from "@jupyterlab/translation";
import { PLOTLY_MIME_TYPE, plotlyRendererFactory } from "./charts/renderer.js";
import { addCommands, CommandIDs } from "./commands.js";
import { findOwner, followActive } from "./connection/target.js";
import { PanelModel } from "./model.js";
import { CachePanel, PANEL_ID } from "./panel.js";
import { ICachePanel } from "./tokens.js";

const DOMAIN = "sojourn";
const RANK = 600;

const panel: JupyterFrontEndPlugin<ICachePanel> = {
  id: "@sojourn/labextension:plugin",
  description: "The cache panel in the left area.",
  autoStart: true,
  requires: [INotebookTracker, ITranslator],
  optional: [IConsoleTracker, ILayoutRestorer, ISettingRegistry],
  provides: ICachePanel,
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker,
    translator: ITranslator,
    consoles: IConsoleTracker | null,
    restorer: ILayoutRestorer | null,
    settings: ISettingRegistry | null,
  ) => {
    const trans = translator.load(DOMAIN);
    const model = new PanelModel({
      trans,
      show: () => app.shell.activateById(PANEL_ID),
      findOwner: (kernelId) => findOwner(kernelId, notebooks, consoles),
    });
    const widget = new CachePanel({ model, trans, translator });
    restorer?.add(widget, PANEL_ID);
    app.shell.add(widget, "left", { rank: RANK, type: "Sojourn" });
    followActive({
      shell: app.shell,
      notebooks,
      consoles,
      onChange: (followed) => model.link.follow(followed),
    });
    window.addEventListener("pagehide", () => model.link.dispose());
    void settings?.load(panel.id).then((loaded) => {
      const apply = () => {
        model.offersClear = loaded.get("offerClear").composite !== false;
      };
      loaded.changed.connect(apply);
      apply();
    });
    return model;
  },
};

const commands: JupyterFrontEndPlugin<void> = {
  id: "@sojourn/labextension:commands",
  description: "Commands of the cache panel, in the palette too.",
  autoStart: true,
  requires: [ICachePanel, ITranslator],
  optional: [ICommandPalette],
  activate: (app: JupyterFrontEnd, model: ICachePanel, translator: ITranslator, palette: ICommandPalette | null) => {
    const trans = translator.load(DOMAIN);
    addCommands(app.commands, model, trans);
    for (const command of Object.values(CommandIDs)) palette?.addItem({ command, category: trans.__("Sojourn") });
  },
};

const charts: JupyterFrontEndPlugin<void> = {
  id: "@sojourn/labextension:charts",
  description: "Shows plotly outputs where no other extension does.",
  autoStart: true,
  requires: [IRenderMimeRegistry, ITranslator],
  optional: [IThemeManager],
  activate: (_app, rendermime: IRenderMimeRegistry, translator: ITranslator, themes: IThemeManager | null) => {
    // One that registers later replaces ours, so no order of activation puts ours first.
    if (rendermime.getFactory(PLOTLY_MIME_TYPE) !== undefined) return;
    const trans = translator.load(DOMAIN);
    rendermime.addFactory(plotlyRendererFactory({ trans, themeChanged: themes?.themeChanged }));
  },
};

export { ICachePanel } from "./tokens.js";
export default [panel, commands, charts];
