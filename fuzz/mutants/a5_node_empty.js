// Has JSON.parse throw at a request that is none.
//
// id: a5-node-empty
// defect: D-A5, D-I1
// rule: S-17
// check: A07, A09
// setup: workload

"use strict";
const { steps, main } = require("./base.js");

steps.parse = (text) => JSON.parse(text);

main();
