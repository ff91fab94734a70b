//! Who is registered where.

/// An application, its tenant and its tenant's subscription.
pub(super) struct Application {
    pub(super) tenant: &'static str,
    pub(super) directory: &'static str,
    pub(super) client: &'static str,
    pub(super) name: &'static str,
    pub(super) object: &'static str,
    pub(super) secret: &'static str,
    pub(super) expired_secret: &'static str,
    pub(super) subscription: &'static str,
    /// Whether a certificate and a federated credential are registered, too.
    pub(super) takes_assertions: bool,
}

/// The application that tests use.
pub(super) const HOME: Application = Application {
    tenant: "5d2f9a10-3c1b-4e6e-9d0f-2b7a8c4e1f60",
    directory: "Backstop",
    client: "a1c7e5b2-84d9-4f3a-b6c0-7e2d9f1a5b38",
    name: "backstop-test",
    object: "e4b8d2f6-70a3-4c9e-a1d5-3f6b8e0c7a24",
    secret: "Qx8~planted-client-secret/for+tests=only.0",
    expired_secret: "Zt3~planted-expired-secret/for+tests=only.1",
    subscription: "c9e0b7d4-16f2-4a85-8b3d-0f5a6e7c2d19",
    takes_assertions: true,
};

/// The application of somebody else's tenant.
pub(super) const OTHER: Application = Application {
    tenant: "91b6c3e8-0d47-4f2a-8e5b-6a3c1d9f7e02",
    directory: "Elsewhere",
    client: "3f8a1d6c-52e7-4b90-9c4d-e1b7a0f2c583",
    name: "elsewhere-test",
    object: "7c2e9b40-d1f8-4a63-b5e7-08d3c6a1f94e",
    secret: "Vb5~planted-other-secret/for+tests=only.2",
    expired_secret: "Hn7~planted-ended-secret/for+tests=only.3",
    subscription: "28d7f5a1-9b3c-4e06-a2d8-5c1e7f0b6934",
    takes_assertions: false,
};

/// Every application there is.
pub(super) const ALL: [&Application; 2] = [&HOME, &OTHER];
