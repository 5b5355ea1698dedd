public import BridgeKit

extension BridgeRegistry {
    /// The kinds that come with Martlet.
    public static var standard: BridgeRegistry {
        var registry = BridgeRegistry()
        registry.add(ElasticsearchBridge.self)
        registry.add(EmailBridge.self)
        registry.add(ModerationBridge.self)
        registry.add(ProcessBridge.self)
        registry.add(WebhookBridge.self)
        registry.add(WorkflowBridge.self)
        return registry
    }
}
