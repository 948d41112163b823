/** Settings, also those that an administrator has set: which actions are offered, and what is shown beside notebooks. */
import type { ISettingRegistry } from "@jupyterlab/settingregistry";
import { VIEWS } from "@sojourn/kernel/panel-protocol";
import type { PanelModel } from "./model.js";
import { OFFERED, type OfferedAction } from "./tokens.js";

const SETTINGS: Readonly<Record<OfferedAction, string>> = {
  clear: "offerClear",
  vacuum: "offerVacuum",
  remove: "offerDelete",
  pin: "offerPin",
  export: "offerExport",
  prewarm: "offerPrewarm",
  configure: "offerConfigure",
  helper: "offerHelperKernel",
};

/** Applies them now and whenever they change. A registry without them leaves everything as it is. */
export async function applySettings(registry: ISettingRegistry, plugin: string, model: PanelModel): Promise<void> {
  let loaded: ISettingRegistry.ISettings;
  try {
    loaded = await registry.load(plugin);
  } catch {
    return; // the schema is not installed, as in some bundles of Notebook 7
  }
  const isOff = (name: string) => loaded.get(name).composite === false;
  const view = VIEWS.find((one) => one === loaded.get("view").composite);
  if (view !== undefined) model.setView(view);
  const apply = () => {
    model.showsBadges = !isOff("showBadges");
    model.showsStatusItem = !isOff("showStatusItem");
    model.setHidden(new Set(OFFERED.filter((action) => isOff(SETTINGS[action]))));
  };
  loaded.changed.connect(apply);
  apply();
}
