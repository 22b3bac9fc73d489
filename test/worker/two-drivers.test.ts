import { describeTwoDrivers } from '../contract/two-drivers.js';
import { withSqlite } from './cut-off.js';

describeTwoDrivers('SQLite of a Durable Object', withSqlite);
