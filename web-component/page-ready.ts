/**
 * Resolves once the scripts of the page have run that stand in its HTML, and with them what they give to the element:
 * a module that comes after the element's own runs later than the element is defined.
 */
export function pageReady(): Promise<void> {
  if (document.readyState === 'complete' || isParsed()) return Promise.resolve();
  return new Promise((resolve) => {
    document.addEventListener('DOMContentLoaded', () => resolve(), { once: true });
    window.addEventListener('load', () => resolve(), { once: true });
  });
}

/** Whether `DOMContentLoaded`, for which scripts are waited for, has come; `readyState` is `interactive` before and after. */
function isParsed(): boolean {
  const [navigation] = performance.getEntriesByType('navigation');
  return navigation instanceof PerformanceNavigationTiming && navigation.domContentLoadedEventStart > 0;
}
