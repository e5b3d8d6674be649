// Shows openapi.json as a page. Everything comes from this server, and all text is put in as text.
"use strict";

const METHODS = ["get", "put", "post", "patch", "delete", "head", "options"];
let api;

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

// A text as nodes: what stands between backticks is code.
function prose(text) {
  return (text || "").split("`").map((part, index) => (index % 2 ? element("code", {}, part) : part)).filter((part) => part !== "");
}

function resolved(schema) {
  const path = schema && schema.$ref;
  if (!path) return schema;
  const steps = path.replace(/^#\//, "").split("/");
  return steps.reduce((value, step) => value && value[step.replace(/~1/g, "/").replace(/~0/g, "~")], api);
}

function nameOf(schema) {
  return schema && schema.$ref ? schema.$ref.split("/").pop() : null;
}

// One line that says what values a schema has.
function typeOf(schema) {
  if (!schema) return "anything";
  if (schema.$ref) return nameOf(schema);
  if (schema.enum) return schema.enum.map((word) => JSON.stringify(word)).join(" | ");
  const choices = schema.oneOf || schema.anyOf;
  if (choices) return choices.map(typeOf).join(" | ");
  if (schema.allOf) return schema.allOf.map(typeOf).join(" & ");
  const types = [].concat(schema.type || "anything");
  return types.map((type) => (type === "array" ? "list of " + typeOf(schema.items) : type)).join(" | ");
}

function limitsOf(schema) {
  const one = schema && schema.type === "array" ? schema.items : schema;
  if (!one) return "";
  const parts = [];
  if (one.minimum !== undefined) parts.push("from " + one.minimum);
  if (one.maximum !== undefined) parts.push("to " + one.maximum);
  if (one.maxLength !== undefined) parts.push("at most " + one.maxLength + " characters");
  if (one.default !== undefined) parts.push("else " + JSON.stringify(one.default));
  return parts.join(", ");
}

// The schemas that a schema speaks of, itself not counted.
function partsOf(schema) {
  if (!schema) return [];
  const direct = [schema.items, schema.additionalProperties, ...(schema.oneOf || []), ...(schema.anyOf || []),
    ...(schema.allOf || [])];
  return direct.filter((part) => part && typeof part === "object");
}

function fieldsOf(schema) {
  const own = Object.entries(schema.properties || {}).map(([name, field]) =>
    ({ name, field, required: (schema.required || []).includes(name) }));
  const inherited = (schema.allOf || []).flatMap((part) => fieldsOf(resolved(part) || {}));
  return own.concat(inherited);
}

function schemaTree(schema, open, above) {
  const target = resolved(schema);
  if (!target) return null;
  const name = nameOf(schema);
  if (name && above.includes(name)) return null;
  const path = name ? above.concat(name) : above;
  const fields = fieldsOf(target);
  if (fields.length === 0) {
    const inner = partsOf(target).map((part) => schemaTree(part, open, path)).filter(Boolean);
    return inner.length ? element("div", {}, ...inner) : null;
  }
  const rows = fields.map(({ name: fieldName, field, required }) => {
    const text = field.description || (resolved(field) || {}).description || "";
    return element("tr", {},
      element("td", {}, element("code", {}, fieldName), required ? null : element("span", { class: "note" }, " may be missing")),
      element("td", { class: "type" }, typeOf(field)),
      element("td", {}, ...prose(text)));
  });
  const inner = fields.map(({ field }) => schemaTree(field, false, path)).filter(Boolean);
  const made = element("details", {},
    element("summary", {}, element("code", {}, name || "fields"), " ", ...prose(target.description)),
    element("table", {}, element("tbody", {}, ...rows)), ...inner);
  made.open = open;
  return made;
}

function parameterTable(parameters) {
  const rows = parameters.map((parameter) => element("tr", {},
    element("td", {}, element("code", {}, parameter.name), parameter.required ? element("span", { class: "note" }, " needed") : null),
    element("td", { class: "type" }, parameter.in),
    element("td", { class: "type" }, typeOf(parameter.schema)),
    element("td", {}, ...prose(parameter.description), element("span", { class: "note" }, " " + limitsOf(parameter.schema)))));
  return element("table", {}, element("thead", {}, element("tr", {}, element("th", {}, "name"), element("th", {}, "in"),
    element("th", {}, "type"), element("th", {}, "meaning"))), element("tbody", {}, ...rows));
}

function body(content, open) {
  return Object.entries(content || {}).map(([mediaType, { schema }]) => element("div", {},
    element("div", { class: "type" }, mediaType + ": " + typeOf(schema)), schemaTree(schema, open, [])));
}

function example(method, path, operation) {
  const needed = (operation.parameters || []).filter((parameter) => parameter.in === "query" && parameter.required);
  const query = needed.map((parameter) => parameter.name + "=" + parameter.name.toUpperCase()).join("&");
  const base = new URL("..", document.baseURI).href.replace(/\/$/, "");
  const lines = ["curl '" + base + path + (query ? "?" + query : "") + "'"];
  // Asked with -X, curl would wait for the body of an answer to HEAD.
  if (method === "head") lines.push("-I");
  else if (method !== "get") lines.push("-X " + method.toUpperCase());
  if (operation.security) lines.push("-H \"Authorization: Bearer $KEY\"");
  const headers = (operation.parameters || []).filter((parameter) => parameter.in === "header" && parameter.required);
  for (const { name } of headers) lines.push("-H '" + name + ": …'");
  const mediaType = Object.keys((operation.requestBody || {}).content || {})[0];
  if (mediaType) lines.push(exampleBody(mediaType));
  return element("pre", {}, lines.join(" \\\n  "));
}

function exampleBody(mediaType) {
  if (mediaType === "multipart/form-data") return "-F file=@FILE";
  if (mediaType.endsWith("octet-stream")) return "-H 'Content-Type: " + mediaType + "' --data-binary @FILE";
  return "-H 'Content-Type: " + mediaType + "' -d '{…}'";
}

function operationSection({ method, path, operation }) {
  const parts = [];
  if (operation.description) parts.push(element("p", {}, ...prose(operation.description)));
  if ((operation.parameters || []).length) {
    parts.push(element("h4", {}, "Parameters"), parameterTable(operation.parameters));
  }
  if (operation.requestBody) {
    parts.push(element("h4", {}, "Body"), ...body(operation.requestBody.content, true));
  }
  for (const [status, reference] of Object.entries(operation.responses || {})) {
    const response = resolved(reference);
    const isFine = status.startsWith("2");
    parts.push(element("h4", {}, status, " ", element("span", { class: "note" }, response.description || "")));
    parts.push(...(isFine ? body(response.content, false) : []));
  }
  parts.push(element("h4", {}, "Example"), example(method, path, operation));
  return element("section", { id: operation.operationId },
    element("h3", {}, element("span", { class: "method " + method }, method.toUpperCase()), " ", element("code", {}, path)),
    element("p", {}, ...prose(operation.summary)), ...parts);
}

function all() {
  return Object.entries(api.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => ({ method, path, operation: item[method] })));
}

function show(sought) {
  const words = sought.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = ({ method, path, operation }) => {
    const text = [method, path, operation.summary, operation.description].join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  };
  const operations = all().filter(fits);
  const contents = document.getElementById("contents");
  const main = document.getElementById("main");
  contents.replaceChildren();
  main.replaceChildren(element("p", {}, api.info.description || ""));
  for (const tag of api.tags || []) {
    const own = operations.filter(({ operation }) => (operation.tags || []).includes(tag.name));
    if (own.length === 0) continue;
    const links = own.map(({ method, path, operation }) => element("li", {},
      element("a", { href: "#" + operation.operationId }, element("span", { class: "method " + method }, method.toUpperCase()), " ", path)));
    contents.append(element("h2", {}, tag.name), element("ul", {}, ...links));
    main.append(element("h2", {}, tag.name), element("p", {}, tag.description || ""), ...own.map(operationSection));
  }
  const problem = api.components.schemas.Problem;
  if (problem && words.length === 0) {
    const lines = (api.components.schemas.Code.description || "").split("\n").filter((line) => line.startsWith("- "));
    const codes = lines.map((line) => element("li", {}, ...prose(line.slice(2))));
    main.append(element("section", { id: "problems" }, element("h3", {}, "Problems"), element("p", {}, ...prose(problem.description)),
      schemaTree({ $ref: "#/components/schemas/Problem" }, true, []), element("h4", {}, "Codes"), element("ul", {}, ...codes)));
  }
  if (operations.length === 0) main.append(element("p", {}, "No route fits."));
}

async function start() {
  const main = document.getElementById("main");
  try {
    const answer = await fetch("openapi.json");
    if (!answer.ok) throw new Error("the server answers " + answer.status);
    api = await answer.json();
  } catch (error) {
    main.replaceChildren(element("p", { role: "alert" }, "The description of the API can't be read: " + error.message));
    return;
  }
  document.getElementById("version").textContent = api.info.version;
  const filter = document.getElementById("filter");
  filter.addEventListener("input", () => show(filter.value));
  show("");
  if (location.hash) {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target) target.scrollIntoView();
  }
}

start();
