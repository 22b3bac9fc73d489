/**
 * The few globals of WinterTC's Minimum Common API which the core may use: they are the same in every host. Only
 * runtime/tsconfig.json reads this file, so that anything else (a clock, a random number, the network, a console, a
 * page) is a type error here; a host hands those in through ports.ts. Declared as narrow as their use.
 */

interface AbortSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

interface AbortController {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
}

declare const AbortController: { new (): AbortController };

interface TextEncoder {
  encode(input?: string): Uint8Array<ArrayBuffer>;
}

declare const TextEncoder: { new (): TextEncoder };

interface TextDecoder {
  decode(input: Uint8Array): string;
}

declare const TextDecoder: { new (label?: string): TextDecoder };

interface URLSearchParams {
  append(name: string, value: string): void;
  toString(): string;
}

declare const URLSearchParams: { new (init?: string): URLSearchParams };

interface URL {
  readonly href: string;
  readonly origin: string;
  readonly protocol: string;
  readonly username: string;
  readonly password: string;
  readonly hostname: string;
  readonly searchParams: URLSearchParams;
}

declare const URL: { new (url: string, base?: string): URL };
