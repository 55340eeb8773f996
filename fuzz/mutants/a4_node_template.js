// Puts the password into a template of JSON.
//
// id: a4-node-template
// defect: D-A4
// rule: K-090
// check: A04
// setup: workload

"use strict";
const { steps, main } = require("./base.js");

steps.encode = (response) => {
  const { auth, ...rest } = response;
  const entries = Object.entries(auth).map(
    ([key, entry]) => `"${key}":{"username":"${entry.username}","password":"${entry.password}"}`,
  );
  return `${JSON.stringify(rest).slice(0, -1)},"auth":{${entries.join(",")}}}`;
};

main();
