import { compile, type FunctionRegistry, type Plan } from '../../runtime/index.js';
import { loadPlan, PLAN_FORMAT } from '../../runtime/plan.js';
import { inFile, type SourceFile } from './files.js';

/** Whether a file holds what `newtflow compile` writes, and not a definition. */
export function isStoredPlan({ document }: SourceFile): boolean {
  return typeof document === 'object' && document !== null && 'format' in document && document.format === PLAN_FORMAT;
}

/**
 * The plan of a definition, or the one that is stored there.
 * @throws FileError
 */
export function planIn(file: SourceFile, functions: FunctionRegistry | undefined): Promise<Plan> {
  const { document } = file;
  return inFile(file, async () =>
    isStoredPlan(file) ? loadPlan(document, { functions }) : compile(document, { functions }),
  );
}
