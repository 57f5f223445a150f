"""Reads an OpenAPI 3.1 document and holds answers of a server to it."""

import json
import re

from jsonschema import Draft202012Validator

METHODS = {"get", "post", "put", "patch", "delete"}
PLACES = {"path", "query", "header", "cookie"}


def problems_of(document):
    """What is wrong with the document itself, by the rules of OpenAPI 3.1 that it can break."""
    found = []
    for key in ("openapi", "info", "paths"):
        if key not in document:
            found.append(f"{key} is missing")
    if not re.fullmatch(r"3\.1\.\d+", document["openapi"]):
        found.append(f"openapi is {document['openapi']}")
    for key in ("title", "version"):
        if not isinstance(document["info"].get(key), str):
            found.append(f"info.{key} is missing")
    schemes = set(document["components"]["securitySchemes"])
    for requirement in document.get("security", []):
        found += [f"unknown scheme {name}" for name in requirement if name not in schemes]
    ids = []
    shapes = set()
    for path, item in document["paths"].items():
        if not path.startswith("/"):
            found.append(f"{path} does not begin with a slash")
        shape = re.sub(r"\{[^}]*\}", "{}", path)
        if shape in shapes:
            found.append(f"{path} is there twice")
        shapes.add(shape)
        for method, operation in item.items():
            where = f"{method} {path}"
            if method not in METHODS:
                found.append(f"{where}: no method")
                continue
            ids.append(operation["operationId"])
            found += _problems_of_operation(document, where, path, method, operation)
    found += [f"operationId {one} is there twice" for one in set(ids) if ids.count(one) > 1]
    for name, schema in document["components"]["schemas"].items():
        found += _problems_of_schema(document, name, schema)
    return found


def _problems_of_operation(document, where, path, method, operation):
    found = []
    named = {(one["in"], one["name"]) for one in operation["parameters"]}
    if len(named) != len(operation["parameters"]):
        found.append(f"{where}: a parameter is there twice")
    in_path = {one["name"] for one in operation["parameters"] if one["in"] == "path"}
    if in_path != set(re.findall(r"\{([^}]*)\}", path)):
        found.append(f"{where}: the parameters of the path are {in_path}")
    for one in operation["parameters"]:
        if one["in"] not in PLACES:
            found.append(f"{where}: {one['name']} is in {one['in']}")
        if one["in"] == "path" and one.get("required") is not True:
            found.append(f"{where}: {one['name']} is not required")
        found += _problems_of_schema(document, f"{where} {one['name']}", one["schema"])
    if not operation["responses"]:
        found.append(f"{where}: no responses")
    for status, response in operation["responses"].items():
        if status != "default" and not re.fullmatch(r"[1-5]\d\d", status):
            found.append(f"{where}: status {status}")
        if not isinstance(response.get("description"), str):
            found.append(f"{where}: a response without description")
        for media in response.get("content", {}).values():
            found += _problems_of_schema(document, f"{where} {status}", media["schema"])
    if "requestBody" in operation:
        if method in ("get", "delete"):
            found.append(f"{where}: a body that proxies may drop")
        for media in operation["requestBody"]["content"].values():
            found += _problems_of_schema(document, f"{where} body", media["schema"])
    return found


def _problems_of_schema(document, where, schema):
    found = [f"{where}: {error.message}"
             for error in Draft202012Validator(Draft202012Validator.META_SCHEMA)
             .iter_errors(schema)]
    for target in re.findall(r'"\$ref": "([^"]*)"', json.dumps(schema)):
        if target.rpartition("/")[2] not in document["components"]["schemas"]:
            found.append(f"{where}: {target} is nowhere")
    return found


class Checked:
    """Asks a server, and holds requests and answers to its document."""

    def __init__(self, server, document):
        self.server = server
        self.document = document
        self.base = document["servers"][0]["url"]
        self.called = set()

    def operations(self):
        return {operation["operationId"] for item in self.document["paths"].values()
                for operation in item.values()}

    def fits(self, schema, value):
        whole = {**schema, "components": self.document["components"]}
        return [f"{'.'.join(map(str, error.absolute_path))}: {error.message}"
                for error in Draft202012Validator(whole).iter_errors(value)]

    def find(self, method, path):
        """The operation of a path: text beats parameters, as in the server."""
        best = None
        for template, item in self.document["paths"].items():
            if method.lower() not in item:
                continue
            pattern = re.sub(r"\\\{path\\\}", "(.+)", re.escape(template))
            pattern = re.sub(r"\\\{[a-z_]+\\\}", "([^/]+)", pattern)
            if re.fullmatch(pattern, path.partition("?")[0]):
                if best is None or template.count("{") < best[0]:
                    best = (template.count("{"), item[method.lower()])
        assert best, f"{method} {path} is not in the document"
        return best[1]

    def note(self, method, path, reply):
        """Checks an answer that was got in another way."""
        operation = self.find(method, path)
        where = f"{method} {path} -> {reply.status}"
        responses = operation["responses"]
        response = responses.get(str(reply.status))
        if response is None:
            assert reply.status >= 400, f"{where} is not in the document: {reply.body}"
            response = responses["default"]
        else:
            self.called.add(operation["operationId"])
        content = response.get("content")
        if content is None:
            assert reply.body == b"", f"{where} has a body"
            return reply
        kind = reply.headers["Content-Type"]
        family = kind.partition("/")[0] + "/*"
        assert kind in content or family in content, f"{where} is {kind}"
        if kind.endswith("json"):
            wrong = self.fits(content[kind]["schema"], reply.json())
            assert not wrong, f"{where}: {wrong}"
        return reply

    def ask(self, method, path, body=None, headers=None, key="own", valid=True):
        """`valid`: the body is one that the document allows."""
        operation = self.find(method, path)
        data = None
        if body is not None:
            schema = operation.get("requestBody", {}).get("content", {}).get("application/json")
            wrong = self.fits(schema["schema"], body) if schema else ["no body is wanted"]
            assert bool(wrong) != valid, f"{method} {path} {body}: {wrong}"
            data = json.dumps(body).encode()
            headers = {"Content-Type": "application/json", **(headers or {})}
        reply = self.server.request(method, self.base + path, data, headers, key=key)
        return self.note(method, path, reply)

    def get(self, path, **more):
        return self.ask("GET", path, **more)

    def post(self, path, body=None, **more):
        return self.ask("POST", path, body, **more)
