/** Whether the host's time zone data knows a zone; schedules are reckoned by the same data. */
export function isTimeZone(zone: string): boolean {
  try {
    // As croner does, which reckons with it.
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
