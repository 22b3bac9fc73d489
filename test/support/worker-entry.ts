/** The Worker that the workerd tests run in. */
const worker = { fetch: (): Response => new Response('ok') };
export default worker;
