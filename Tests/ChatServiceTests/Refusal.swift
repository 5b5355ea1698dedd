import ChatService
import Testing

/// The error that `body` is refused with; nil, and an issue, when it is not.
func refusal(
    _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> some Any
) async -> ChatError? {
    do {
        _ = try await body()
        Issue.record(comment ?? "it was not refused", sourceLocation: sourceLocation)
        return nil
    } catch let error as ChatError {
        return error
    } catch {
        Issue.record("it failed with \(error)", sourceLocation: sourceLocation)
        return nil
    }
}
