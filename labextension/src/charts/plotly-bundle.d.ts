/** plotly's partial bundles come without types; `plotly.ts` states the part that is used. */
declare module "plotly.js/dist/plotly-basic.min.js" {
  const bundle: unknown;
  export default bundle;
}
