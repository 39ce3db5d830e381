/** `node conformance/client/main.ts <command of a driver…>` prints the grades of a client and exits with 1 if it failed in any. */
import { gradeClient } from './grade.ts';

const command = process.argv.slice(2);
if (command.length === 0) {
  console.error('Give the command of a driver, e.g. node conformance/client/main.ts node packages/sdk/conformance-driver.mjs');
  process.exit(2);
}
const grades = await gradeClient(command);
for (const { scenario, fault } of grades)
  console.log(
    `${fault === undefined ? 'pass' : 'FAIL'}  ${scenario.requirement.padEnd(4)} ${scenario.title}${fault === undefined ? '' : `: ${fault}`}`,
  );
const passed = grades.filter(({ fault }) => fault === undefined).length;
console.log(`${passed} passed, ${grades.length - passed} failed`);
process.exit(passed === grades.length ? 0 : 1);
