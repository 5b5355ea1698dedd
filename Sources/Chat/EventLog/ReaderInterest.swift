import ChatModel
import ChatStore

/// Which events a reader has to be woken for: what it may get, and what changes who it is.
///
/// Looks at nothing but an event's head. A reader that is woken decides for itself.
struct ReaderInterest: Sendable {
    let viewer: EventViewer
    /// nil for all.
    let types: Set<EventType>?

    func concerns(_ event: EventRecord) -> Bool {
        guard event.appID == viewer.appID else { return false }
        if event.subjectID == viewer.userID.rawValue,
            EventViewer.types.contains(event.type) || EventViewer.endings.contains(event.type)
        {
            return true
        }
        // It may show more or less of the past.
        if event.type == .channelUpdated, let channel = event.channelID, viewer.channels.contains(channel) {
            return true
        }
        guard types?.contains(event.type) ?? true else { return false }
        if viewer.seesEverything { return true }
        return switch event.audience {
        case .administrators: viewer.isAdministrator
        case .user(let user): user == viewer.userID
        case .members: event.channelID.map { viewer.channels.contains($0) } ?? true
        }
    }
}
