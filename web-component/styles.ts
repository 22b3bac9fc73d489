import { base } from './styles/base.js';
import { form } from './styles/form.js';
import { graph } from './styles/graph.js';
import { history } from './styles/history.js';
import { page } from './styles/page.js';
import { tokens } from './styles/tokens.js';

/** In the order in which they overrule each other. */
export const styles = [tokens, base, page, form, graph, history];
