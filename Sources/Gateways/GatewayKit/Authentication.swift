package import ChatService
import HTTPRouting
package import HTTPTypes

/// Finds out who sent a request, the same for all gateways.
package enum Authentication {
    /// By its `Authorization: Bearer` header (RFC 6750), with where it came from.
    ///
    /// - Returns: nil when it has none.
    /// - Throws: ``ChatError`` when the token is not good.
    package static func principal(of request: HTTPRequest, _ service: ChatService) async throws -> Principal? {
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
