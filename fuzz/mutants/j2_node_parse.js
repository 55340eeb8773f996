// Has JSON.parse throw at a reply that is no JSON.
//
// id: j2-node-parse
// defect: D-J2, D-I1
// rule: S-17
// check: J03, I01
// setup: workload

"use strict";
const { steps, main } = require("./base.js");

const parse = steps.parse;
steps.parse = (text, what) =>
  what === "the request" ? parse(text, what) : Object.assign({}, JSON.parse(text));

main();
