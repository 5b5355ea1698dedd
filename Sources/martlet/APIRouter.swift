import ChatService
import GatewayKit
import HTTPRouting
import HTTPTypes
import Synchronization
import Telemetry

/// All routes of the server in one table, and the description that follows from them.
enum APIRouter {
    static func make(
        routes: [Route<Principal>], service: ChatService, origins: [String], metrics: Metrics, logger: Logger
    ) -> Router<Principal> {
        // The document describes its own route too, so it can only be written when the table is complete.
        let document = Document()
        let description = Route<Principal>.raw(
            .get, "/openapi.json", "This description", tag: "meta", access: .open, produces: "application/json"
        ) { _ in .json(bytes: document.bytes) }
        let router = Router<Principal>(
            routes: routes + [description],
            authenticate: { try await Authentication.principal(of: $0, service) },
            cors: CORSPolicy(allowedOrigins: Set(origins)), metrics: metrics, logger: logger)
        document.set(router.openAPI(title: "Martlet", version: Martlet.version))
        return router
    }

    private final class Document: Sendable {
        private let content = Mutex<[UInt8]>([])
        var bytes: [UInt8] { content.withLock { $0 } }
        func set(_ bytes: [UInt8]) { content.withLock { $0 = bytes } }
    }
}
