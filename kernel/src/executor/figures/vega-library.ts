/** The one importer of Vega and Vega-Lite; a bundle of its own, because it is large and few cells need it. */
export { Error as LOG_ERRORS, logger, parse, View } from "vega";
export { compile } from "vega-lite";
