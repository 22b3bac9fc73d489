import { describeTwoDrivers } from '../contract/two-drivers.js';
import { inMemory } from '../support/crash.js';

describeTwoDrivers('memory', (work) => work(inMemory()));
