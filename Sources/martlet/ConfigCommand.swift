import Settings
import Telemetry

/// `martlet config`: what the configuration can hold, from the declarations themselves.
struct ConfigCommand {
    private let what: String

    init(arguments: [String]) throws(UsageError) {
        guard arguments.count == 1 else { throw UsageError("Say what to print: reference, example or schema.") }
        what = arguments[0]
    }

    func run() throws {
        switch what {
        case "reference": try StandardOutput.line(ServerSettings.spec.documentation(title: "martlet.yaml"))
        case "example": try StandardOutput.line(ServerSettings.spec.exampleYAML())
        case "schema": try StandardOutput.line(ServerSettings.spec.jsonSchema())
        default:
            throw UsageError(
                "There is no \"\(what)\"\(NearMiss.hint(what, among: ["reference", "example", "schema"])); there are reference, example and schema."
            )
        }
    }
}
