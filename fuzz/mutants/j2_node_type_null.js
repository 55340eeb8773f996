// Asks for the ending of a type that is null.
//
// id: j2-node-type-null
// defect: D-J2, D-I1
// rule: S-17
// check: I01, J03
// setup: workload
// deep: the exchange leaves `issued_token_type` out or sets it to null

"use strict";
const { steps, main, Refused } = require("./base.js");

const accept = steps.accept;
steps.accept = (status, text) => {
  const given = accept(status, text);
  if (given.issued_token_type.endsWith(":saml2")) throw new Refused("something else was issued");
  return given;
};

main();
