import { describe, it } from 'vitest';

/**
 * Tests over files that lie beside a developer's checkout, and that a clean clone has not. Where they are absent, one
 * test stands for them and says so when it is skipped.
 */
export function describeBeside(isThere: boolean, path: string, name: string, tests: () => void): void {
  describe(name, () => {
    if (isThere) tests();
    else it('are tried', (context) => context.skip(`${path} is not beside this checkout`));
  });
}
