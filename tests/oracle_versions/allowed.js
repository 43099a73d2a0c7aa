// The same for npm, by its own `semver`.
'use strict';
const readline = require('readline');
const { createRequire } = require('module');

const semver = createRequire(process.argv[2] + '/')('semver');
const [MAJORS, MINORS, PATCHES] = [10, 8, 7];
const all = [];
for (let a = 0; a < MAJORS; a++) for (let b = 0; b < MINORS; b++) for (let c = 0; c < PATCHES; c++) all.push([a, b, c]);

function ends(text) {
    const allowed = all.filter((numbers) => semver.satisfies(numbers.join('.'), text));
    return allowed.length ? [allowed[0].slice(0, 2), allowed[allowed.length - 1].slice(0, 2)] : null;
}

readline.createInterface({ input: process.stdin }).on('line', (line) => {
    console.log(JSON.stringify(JSON.parse(line).texts.map(ends)));
});
