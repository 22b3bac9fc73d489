import { describeTwoDrivers } from '../contract/two-drivers.js';
import { withOpenIndexedDb } from './cut-off.js';

describeTwoDrivers('IndexedDB', withOpenIndexedDb);
