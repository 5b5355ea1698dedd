import ChatModel
import ChatService
import ChatTestSupport
import Foundation
import GatewayKit
import HTTPRouting
import HTTPTypes
import RestAPI
import Synchronization
import Telemetry
import Testing

/// The HTTP API in front of a tenant, asked without a socket.
///
/// `Authorization: Test <handle>` stands for a log-in that was made before; every other header takes the real way.
final class RestCaller: Sendable {
    let tenant: ChatTenant
    let router: Router<Principal>
    private let people: Mutex<[String: Principal]>.Box

    /// - Parameter more: Routes of other gateways.
    init(_ tenant: ChatTenant, more: [Route<Principal>] = []) {
        self.tenant = tenant
        let people = Mutex<[String: Principal]>.Box([tenant.admin.user.handle: tenant.admin])
        self.people = people
        let service = tenant.service
        router = Router(
            routes: RestAPI(service: service, log: tenant.fixture.log).routes + more,
            authenticate: { request in
                if let header = request.headers["Authorization"], header.hasPrefix("Test ") {
                    return people.mutex.withLock { $0[String(header.dropFirst(5))] }
                }
                return try await Authentication.principal(of: request, service)
            }, metrics: Metrics(), logger: .silent)
    }

    func person(_ handle: String, role: User.Role = .member) async throws -> Principal {
        let principal = try await tenant.person(handle, role: role)
        people.mutex.withLock { $0[handle] = principal }
        return principal
    }

    /// Takes `Test <name>` for a principal that was made elsewhere.
    ///
    /// - Returns: The name.
    func know(_ principal: Principal, as name: String) -> String {
        people.mutex.withLock { $0[name] = principal }
        return name
    }

    /// Asks as the person of a handle; nil for nobody.
    func callAsFunction(
        _ method: HTTPMethod, _ target: String, as handle: String? = "admin", _ body: String? = nil,
        headers: HTTPHeaders = [:]
    ) async -> Answer {
        let parts = target.split(separator: "?", maxSplits: 1).map(String.init)
        var headers = headers
        if let handle, headers["Authorization"] == nil { headers["Authorization"] = "Test \(handle)" }
        let response = await router.handle(
            HTTPRequest(
                method: method, path: parts[0], query: parts.count > 1 ? parts[1] : "", headers: headers,
                body: Array((body ?? "").utf8), remoteAddress: tenant.app.name))
        guard case .bytes(let bytes) = response.body else { return Answer(response: response, json: .null) }
        let json = (try? JSONDecoder().decode(JSONValue.self, from: Data(bytes))) ?? .null
        return Answer(response: response, json: json)
    }
}

struct Answer {
    let response: HTTPResponse
    let json: JSONValue
    var status: Int { response.status }
    var code: String? { json["code"]?.string }
    var pointer: String? { json["pointer"]?.string }
    subscript(key: String) -> JSONValue? { json[key] }
}

extension Mutex where Value: Sendable {
    final class Box: Sendable {
        let mutex: Mutex<Value>
        init(_ value: Value) { mutex = Mutex(value) }
    }
}
