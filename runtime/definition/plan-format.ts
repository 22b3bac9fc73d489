/** What a stored plan says it is. */
export const PLAN_FORMAT = 'newtflow-plan';
/** Of the form of stored plans; another one is read by no other runtime. */
export const PLAN_VERSION = 1;

/** Numbers that an expression may hold and JSON may not, as a literal's `special`. */
export const SPECIAL_NUMBERS = ['-0', 'Infinity', '-Infinity'] as const;
