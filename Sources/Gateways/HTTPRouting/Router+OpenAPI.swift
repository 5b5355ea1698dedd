import Foundation
import HTTPTypes

extension Router {
    /// The OpenAPI 3.1 document of all routes, in JSON; the same routes give the same bytes.
    package func openAPI(title: String, version: String) -> [UInt8] {
        let recorder = SchemaRecorder()
        var paths: [String: [String: Any]] = [:]
        for route in routes {
            let template = route.template.split(separator: "*}", omittingEmptySubsequences: false).joined(
                separator: "}")
            paths[template, default: [:]][route.method.rawValue.lowercased()] = operation(route, recorder)
        }
        // The recorder has met every type by now.
        var schemas = recorder.components.mapValues { $0.json }
        schemas["Problem"] = Self.problemSchema.json
        let document: [String: Any] = [
            "openapi": "3.1.0",
            "info": ["title": title, "version": version],
            "tags": Set(routes.map(\.tag)).sorted().map { ["name": $0] },
            "paths": paths,
            "security": [["bearer": [String]()]],
            "components": [
                "schemas": schemas,
                "responses": [
                    "Problem": [
                        "description": "Why the request was not served (RFC 9457).",
                        "content": ["application/problem+json": ["schema": Schema.reference("Problem").json]],
                    ] as [String: Any]
                ],
                "securitySchemes": ["bearer": ["type": "http", "scheme": "bearer"]],
            ] as [String: Any],
        ]
        let options: JSONSerialization.WritingOptions = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? JSONSerialization.data(withJSONObject: document, options: options) else {
            preconditionFailure("the API's description holds something that JSON cannot say")
        }
        return Array(data)
    }

    /// Types of bodies and answers that the document describes in part only; a test keeps this empty.
    package var undescribedTypes: [String] {
        let recorder = SchemaRecorder()
        for route in routes {
            _ = route.body?(recorder)
            _ = route.reply?(recorder)
        }
        return recorder.undescribed.sorted()
    }

    private func operation(_ route: Route<Principal>, _ recorder: SchemaRecorder) -> [String: Any] {
        var answer: [String: Any] = ["description": route.status == 101 ? "The protocol changes." : "Done."]
        if let produces = route.produces {
            let schema = route.reply?(recorder) ?? (produces == "application/json" ? .any : .string)
            answer["content"] = [produces: ["schema": schema.json]]
        }
        let problem = ["$ref": "#/components/responses/Problem"]
        var responses: [String: Any] = ["\(route.status)": answer, "default": problem]
        for status in route.otherStatuses { responses["\(status)"] = answer }
        if route.access == .required { responses["401"] = problem }
        var operation: [String: Any] = [
            "summary": route.summary, "tags": [route.tag], "operationId": operationID(route),
        ]
        if let body = route.body?(recorder) {
            responses["422"] = problem
            operation["requestBody"] = [
                "required": true, "content": ["application/json": ["schema": body.json]],
            ]
        }
        operation["responses"] = responses
        let parameters = parameters(route)
        if !parameters.isEmpty { operation["parameters"] = parameters }
        let bearer = ["bearer": [String]()]
        switch route.access {
        case .open: operation["security"] = [[String: [String]]]()
        case .optional: operation["security"] = [[:], bearer]
        case .required: break
        }
        return operation
    }

    private func parameters(_ route: Route<Principal>) -> [[String: Any]] {
        let inPath = route.template.split(separator: "/").filter { $0.hasPrefix("{") }.map { segment in
            let name = segment.dropFirst().prefix { $0 != "}" && $0 != "*" }
            let isTail = segment.hasSuffix("*}")
            var id = Schema.integer
            id.minimum = 1
            return route.path.first { $0.name == name }
                ?? Parameter(String(name), isTail ? .string : id, isTail ? "The rest of the path." : "The id.")
        }
        func json(_ parameter: Parameter, _ place: String, isRequired: Bool) -> [String: Any] {
            [
                "name": parameter.name, "in": place, "required": isRequired, "schema": parameter.schema.json,
                "description": parameter.documentation,
            ]
        }
        return inPath.map { json($0, "path", isRequired: true) }
            + route.query.map { json($0, "query", isRequired: $0.isRequired) }
    }

    /// `GET /v1/channels/{channel}` becomes `get_v1_channels_channel`.
    private func operationID(_ route: Route<Principal>) -> String {
        let words = route.template.split { !$0.isLetter && !$0.isNumber && $0 != "_" }
        return ([route.method.rawValue.lowercased()] + words.map(String.init)).joined(separator: "_")
    }

    private static var problemSchema: Schema {
        func text(_ name: String, _ documentation: String, isRequired: Bool = true) -> Schema.Property {
            var schema = Schema.string
            schema.documentation = documentation
            return Schema.Property(name, schema, isRequired: isRequired)
        }
        var status = Schema.integer
        status.documentation = "The status of the answer."
        return .object([
            text("type", "Always `about:blank`; the code tells more."),
            text("title", "The name of the status."), Schema.Property("status", status),
            text("code", "Stable, for programs."), text("detail", "For the person who has to fix the request."),
            text("pointer", "The member of the body that is meant (RFC 6901).", isRequired: false),
            text("request_id", "Names the request in the server's log.", isRequired: false),
        ])
    }
}
