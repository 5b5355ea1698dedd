package import ChatService
package import EventLog
package import HTTPRouting
import Telemetry

/// The HTTP API below `/v1`: decodes, asks ``ChatService``, encodes.
package struct RestAPI: Sendable {
    let service: ChatService
    let log: EventLog

    package init(service: ChatService, log: EventLog) {
        self.service = service
        self.log = log
    }

    /// Every route, to be put into one ``Router`` with those of the other gateways.
    package var routes: [Route<Principal>] {
        accounts + users + roles + channels + members + overrides + messages + search + hooks + bots + loops
            + moderation + events + audit
            + imports
    }
}
