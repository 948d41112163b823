/**
 * The part of the WebAssembly interface of JavaScript that this folder uses. TypeScript declares it only beside the whole
 * of a browser, which an engine has no business to see.
 */

export interface WasmMemory {
  /** Another one after every `grow`; views of the one before are then empty. */
  readonly buffer: ArrayBuffer;
  /** Adds pages; throws where they cannot be had. */
  grow(pages: number): number;
}

/** Opaque: what compiled bytes are. Threads can be given one. */
export interface WasmModule {
  readonly [compiled]: never;
}
declare const compiled: unique symbol;

export interface WasmInstance {
  readonly exports: Readonly<Record<string, unknown>>;
}

interface WasmApi {
  validate(bytes: Uint8Array): boolean;
  readonly Module: new (bytes: Uint8Array) => WasmModule;
  readonly Instance: new (
    module: WasmModule,
    imports: { readonly env: { readonly memory: WasmMemory } },
  ) => WasmInstance;
  readonly Memory: new (pages: { initial: number; maximum?: number; shared?: boolean }) => WasmMemory;
  readonly RuntimeError: new (message: string) => Error;
}

export const WebAssembly: WasmApi = (globalThis as unknown as { readonly WebAssembly: WasmApi }).WebAssembly;
