/** The extension's own icon: a path of states, the last one absorbing. Drawn for 16 px, coloured by the theme. */
import { LabIcon } from "@jupyterlab/ui-components";

const svgstr = `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 24 24">
  <g class="jp-icon3 jp-icon-selectable" fill="#616161">
    <circle cx="5" cy="5.5" r="3"/>
    <circle cx="5" cy="18.5" r="3"/>
    <path d="M17.5 7a5 5 0 1 0 0 10a5 5 0 0 0 0-10zm0 1.8a3.2 3.2 0 1 1 0 6.4a3.2 3.2 0 0 1 0-6.4z"/>
    <circle cx="17.5" cy="12" r="1.7"/>
    <path d="M4.1 9.5h1.8v5H4.1zM8.4 6.1l5 2.6l-.8 1.6l-5-2.6zM8.4 17.9l5-2.6l-.8-1.6l-5 2.6z"/>
  </g>
</svg>`;

export const sojournIcon = new LabIcon({ name: "@sojourn/labextension:sojourn", svgstr });
