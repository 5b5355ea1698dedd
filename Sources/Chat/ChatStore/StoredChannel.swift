package import ChatModel

/// A channel as a user sees it, with what decides about the user's rights in it.
package struct StoredChannel: Sendable {
    package var channel: Channel
    package let layers: OverrideLayers
}
