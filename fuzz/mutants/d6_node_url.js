// Has the URL class read the image, which throws at some.
//
// id: d6-node-url
// defect: D-D6, D-I1
// rule: S-17
// check: D08, D06
// setup: workload

"use strict";
const { steps, main } = require("./base.js");

steps.owns = (image) => {
  const registries = (process.env.PROVIDER_REGISTRIES || "").split(",");
  return registries.includes(new URL(`https://${image}`).host);
};

main();
