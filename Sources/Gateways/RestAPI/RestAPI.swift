package import ChatService
package import EventLog
package import HTTPRouting
package import HTTPTypes
import Telemetry

/// The HTTP API below `/v1`: decodes, asks ``ChatService``, encodes.
package struct RestAPI: Sendable {
    let service: ChatService
    let log: EventLog

    package init(service: ChatService, log: EventLog) {
        self.service = service
        self.log = log
    }

    /// Every route, to be put into one ``Router`` with those of the other doors.
    package var routes: [Route<Principal>] {
        accounts + users + channels + members + messages + search + hooks + bots + moderation + events + audit
    }

    /// Finds out who sent a request, by its `Authorization: Bearer` header.
    ///
    /// - Returns: nil when it has none.
    /// - Throws: ``ChatError`` when the token is not good.
    package static func authenticate(_ request: HTTPRequest, _ service: ChatService) async throws -> Principal? {
        guard let header = request.headers["Authorization"] else { return nil }
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else {
            throw Problem.unauthorized(
                code: "bad_authorization", "The Authorization header has the form \"Bearer <token>\".")
        }
        return try await service.authenticate(parts[1].trimmingPrefix { $0 == " " }.description)
            .from(RequestOrigin(address: request.remoteAddress, requestID: request.headers["X-Request-Id"]))
    }
}
