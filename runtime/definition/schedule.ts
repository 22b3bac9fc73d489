import { CronPattern } from 'croner';

/** What is wrong with a cron expression; undefined where nothing is. Looks at no clock. */
export function cronProblem(cron: string): string | undefined {
  try {
    // Only the pattern is parsed: a `Cron` would look at the time and the zone of the host.
    new CronPattern(cron);
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return message.replace(/^CronPattern: /, '');
  }
}

/** Whether the host's time zone data knows a zone; schedules are reckoned by the same data. */
export function isTimeZone(zone: string): boolean {
  try {
    // As croner does; its own class for dates would bring the whole of it into a page.
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
