/**
 * Fixtures: one server for all tests, and per test a page on a workspace of its own that is watched for console
 * messages, page errors and kernel traffic. Things are found by their roles and visible text, as a person finds them.
 */
import { test as base, expect, type Locator, type Page } from "@playwright/test";
import { type LabServer, startLab } from "./server.ts";

export { expect } from "@playwright/test";

/** A message on a kernel's websocket, by its Jupyter message type. */
export interface Traffic {
  readonly direction: "sent" | "received";
  readonly type: string;
  /** Of the whole frame. */
  readonly bytes: number;
  /** Of a message of a comm. */
  readonly comm?: string;
  /** Of a comm that is opened. */
  readonly target?: string;
}

export class Lab {
  readonly page: Page;
  readonly server: LabServer;
  /** Console errors and warnings, and uncaught exceptions; must stay empty. */
  readonly problems: string[] = [];
  readonly traffic: Traffic[] = [];
  /** Paths of all scripts that the page has loaded. */
  readonly scripts: string[] = [];

  constructor(page: Page, server: LabServer) {
    this.page = page;
    this.server = server;
    page.on("console", (message) => {
      // on a machine that is busy JupyterLab says of its own plugins that they are slow
      const slow = /^Plugin @jupyterlab\/\S+ .*(is taking too long|ms) to activate/.test(message.text());
      if ((message.type() === "error" || message.type() === "warning") && !slow) {
        this.problems.push(`${message.type()}: ${message.text()} (${message.location().url})`);
      }
    });
    page.on("pageerror", (error) => this.problems.push(`uncaught: ${error.stack ?? error}`));
    page.on("response", (response) => {
      const { pathname } = new URL(response.url());
      if (pathname.endsWith(".js")) this.scripts.push(pathname);
    });
    page.on("websocket", (socket) => {
      socket.on("framesent", ({ payload }) => this.note("sent", payload));
      socket.on("framereceived", ({ payload }) => this.note("received", payload));
    });
  }

  get panel(): Locator {
    return this.page.getByRole("region", { name: "Sojourn caches" });
  }

  get panelTab(): Locator {
    return this.page.getByRole("tab", { name: "Sojourn caches" });
  }

  /** The line that names notebook, kernel and state. */
  get headline(): Locator {
    return this.panel.getByRole("status").first();
  }

  /** Loads JupyterLab; with `path` on that file. */
  async open(path?: string): Promise<void> {
    const workspace = `${this.server.url}/lab/workspaces/${crypto.randomUUID()}`;
    await this.page.goto(path === undefined ? workspace : `${workspace}/tree/${path}`);
    await expect(this.panelTab).toBeVisible({ timeout: 30_000 });
    // Comes after JupyterLab has restored its layout, which undoes what was clicked before.
    const tab = path?.split("/").at(-1) ?? "Launcher";
    await expect(this.page.getByRole("tab", { name: tab })).toBeVisible();
  }

  async openFile(path: string): Promise<void> {
    await this.page.getByRole("listitem", { name: `Name: ${path}` }).dblclick();
    await expect(this.page.getByRole("tab", { name: path })).toBeVisible();
  }

  async showPanel(): Promise<void> {
    await this.panelTab.click();
    await expect(this.panel).toBeVisible();
  }

  /** Drags the border between panel and notebook. */
  async widenPanel(width: number): Promise<void> {
    const panel = await this.panel.boundingBox();
    if (panel === null) throw new Error("the panel is not visible");
    const border = { x: panel.x + panel.width + 2, y: panel.y + panel.height / 2 };
    await this.page.mouse.move(border.x, border.y);
    await this.page.mouse.down();
    await this.page.mouse.move(panel.x + width + 2, border.y, { steps: 4 });
    await this.page.mouse.up();
    await expect.poll(async () => Math.round((await this.panel.boundingBox())?.width ?? 0)).toBeCloseTo(width, -1.2);
  }

  /** From now on records every headline, those too that stand only for a moment. */
  async recordHeadlines(): Promise<() => Promise<readonly string[]>> {
    const seen = await this.headline.evaluateHandle((node) => {
      const texts: string[] = [];
      new MutationObserver(() => texts.push(node.textContent ?? "")).observe(node, {
        characterData: true,
        childList: true,
        subtree: true,
      });
      return texts;
    });
    return () => seen.jsonValue();
  }

  async hidePanel(): Promise<void> {
    await this.panelTab.click();
    await expect(this.panel).toBeHidden();
  }

  async menu(menu: string, item: string): Promise<void> {
    await this.page.getByRole("menuitem", { name: menu, exact: true }).click();
    // The name of an item ends with its shortcut, where it has one.
    await this.page.getByRole("menuitem", { name: new RegExp(`^${item}`) }).click();
  }

  /** The kernel of the notebook has started; before that JupyterLab runs no cell. */
  async kernelIdle(): Promise<void> {
    await expect(this.page.getByText(/^[^|]+ \| Idle$/)).toBeVisible();
  }

  async setTheme(name: string): Promise<void> {
    await this.page.getByRole("menuitem", { name: "Settings", exact: true }).click();
    const menu = this.page.getByRole("menu");
    await menu
      .getByRole("listitem")
      .filter({ hasText: /^Theme$/ })
      .hover();
    await menu.getByText(name, { exact: true }).click();
    await expect(this.page.locator(`body[data-jp-theme-name="${name}"]`)).toBeAttached();
  }

  async runAll(): Promise<void> {
    await this.menu("Run", "Run All Cells");
  }

  /** Runs the selected cell, as Shift+Enter does. */
  async runCell(index: number): Promise<void> {
    await this.cell(index).getByRole("textbox").click();
    await this.page.keyboard.press("Control+Enter");
  }

  /** Runs the first cell that contains this text. */
  async runFirstCell(text: string): Promise<void> {
    const cell = this.page.locator(".jp-Notebook:visible .jp-CodeCell").filter({ hasText: text }).first();
    await cell.getByRole("textbox").click();
    await this.page.keyboard.press("Control+Enter");
  }

  cell(index: number): Locator {
    return this.page.locator(".jp-Notebook:visible .jp-Cell").nth(index);
  }

  /** What a cell has printed and returned. */
  output(index: number): Locator {
    return this.cell(index).locator(".jp-OutputArea-output");
  }

  /** A row of the overview by its layer, as numbers and texts by column. */
  async row(kind: "graph" | "trace" | "evaluator"): Promise<Record<string, string>> {
    // Two columns are hidden in a narrow panel; they are read all the same.
    const table = this.panel.locator(".jp-Sojourn-overview table");
    const heads = await table.locator("thead th").allInnerTexts();
    const row = table.getByRole("row").filter({ has: this.page.getByRole("rowheader", { name: kind }) });
    const cells = await row.locator("th, td").allInnerTexts();
    return Object.fromEntries(heads.map((head, index) => [head, cells[index]]));
  }

  /** What comms carry, those of widgets excepted: their front end opens one with every kernel. */
  comms(direction?: Traffic["direction"]): readonly Pick<Traffic, "direction" | "type" | "bytes">[] {
    const widgets = new Set(
      this.traffic.filter(({ target }) => target?.startsWith("jupyter.widget")).map(({ comm }) => comm),
    );
    return this.traffic
      .filter(({ type, comm }) => /^comm_(open|msg|close)$/.test(type) && !widgets.has(comm))
      .filter((t) => direction === undefined || t.direction === direction)
      .map(({ direction: way, type, bytes }) => ({ direction: way, type, bytes }));
  }

  /** Takes out what JupyterLab itself warns of whenever a kernel restarts. */
  ignoreReconnection(): void {
    const rest = this.problems.filter(
      (problem) => !/^warning: Connection lost, reconnecting in \d+ seconds/.test(problem),
    );
    this.problems.splice(0, this.problems.length, ...rest);
  }

  /** Ends all kernels of the server, so that the next test starts from none. */
  async shutDownKernels(): Promise<void> {
    const sessions = (await (await fetch(`${this.server.url}/api/sessions`)).json()) as { id: string }[];
    await Promise.all(sessions.map(({ id }) => fetch(`${this.server.url}/api/sessions/${id}`, { method: "DELETE" })));
  }

  private note(direction: Traffic["direction"], payload: string | Buffer): void {
    // The header comes first in a frame, and with it the type of the message itself, not that of its parent.
    const text = payload.toString("latin1" as BufferEncoding);
    const type = /"msg_type":\s*"([a-z_]+)"/.exec(text)?.[1];
    if (type === undefined) return;
    const comm = type.startsWith("comm_") ? /"comm_id":\s*"([^"]+)"/.exec(text)?.[1] : undefined;
    const target = type === "comm_open" ? /"target_name":\s*"([^"]+)"/.exec(text)?.[1] : undefined;
    this.traffic.push({
      direction,
      type,
      bytes: Buffer.byteLength(payload),
      ...(comm !== undefined && { comm }),
      ...(target !== undefined && { target }),
    });
  }
}

export const test = base.extend<{ lab: Lab }, { server: LabServer }>({
  server: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright wants a pattern here
    async ({}, use) => {
      const server = await startLab();
      await use(server);
      await server.dispose();
    },
    { scope: "worker", timeout: 90_000 },
  ],
  lab: async ({ page, server }, use) => {
    const lab = new Lab(page, server);
    await use(lab);
    await page.close();
    await lab.shutDownKernels();
    server.resetSettings();
    expect(lab.problems, "console errors, warnings and uncaught exceptions").toEqual([]);
  },
});
