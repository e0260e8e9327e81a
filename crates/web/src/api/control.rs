//! A control body in words.

use nguon_ledger::{Control, Flags, Roles, Standing};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::record::moment;

/// What a control record does to the ledger itself.
#[derive(Serialize, ToSchema)]
#[serde(tag = "does", rename_all = "kebab-case")]
pub(crate) enum ControlView {
    /// Makes an organisation.
    Genesis {
        /// Commits to the next root key.
        next_key_digest: String,
    },
    /// Gives a device rights.
    Delegate {
        /// The device's key.
        device: String,
        /// `diary` · `lot` · `commerce` · `inspection` · `recall` · `admin`.
        roles: Vec<&'static str>,
        /// The key is held by a service on the organisation's behalf.
        gateway: bool,
        /// The last moment, in log time, at which its records count (Unix milliseconds).
        not_after_ms: u64,
        /// The same in RFC 3339, if a calendar has it.
        #[serde(skip_serializing_if = "Option::is_none")]
        not_after: Option<String>,
        /// Commitment to the person who holds it, if one is named.
        #[serde(skip_serializing_if = "Option::is_none")]
        person: Option<String>,
    },
    /// Ends a key.
    Revoke {
        /// The key.
        key: String,
        /// The last place in its chain that its organisation stands behind; null: none.
        last_good_seq: Option<u64>,
        /// Reason code.
        reason: u16,
    },
    /// Moves the root to the author.
    Rotate {
        /// Commits to the root key after this one.
        next_key_digest: String,
    },
    /// Shows that an author signed two records for one place.
    ForkEvidence {
        /// Who.
        author: String,
        /// Logged first.
        first: String,
        /// Logged as disputed.
        other: String,
    },
    /// Takes on held or disputed records.
    Adopt {
        /// Their event ids.
        events: Vec<String>,
    },
    /// Announces that contents were erased.
    ErasureNotice {
        /// Of which record.
        event: String,
        /// Which section, from 0; 255 is a delegation's person.
        section: u8,
        /// Legal reason code.
        reason: u16,
    },
    /// The operator's clock.
    Epoch {
        /// Log time (Unix milliseconds).
        time_ms: u64,
        /// The same in RFC 3339, if a calendar has it.
        #[serde(skip_serializing_if = "Option::is_none")]
        time: Option<String>,
        /// Records before it.
        size: u64,
        /// Root of the map of standings and newest events; null while there is none.
        map_root: Option<String>,
    },
    /// What an organisation is recognised as.
    Standing {
        /// Which.
        organisation: String,
        /// `producer` · `packer` · `inspector` · `authority` · `suspended`.
        standing: Vec<&'static str>,
        /// Reason code.
        reason: u16,
    },
    /// The log's next key.
    NextLogKey {
        /// Ed25519 public key.
        key: String,
    },
}

/// The control body of a record; an event has none.
pub(crate) fn view(control: &Control) -> Option<ControlView> {
    Some(match control {
        Control::Event => return None,
        Control::Genesis { next } => ControlView::Genesis { next_key_digest: next.to_string() },
        Control::Delegate(delegation) => ControlView::Delegate {
            device: delegation.device.to_string(),
            roles: roles(delegation.roles),
            gateway: delegation.flags.contains(Flags::SERVICE),
            not_after_ms: delegation.not_after_ms,
            not_after: moment(delegation.not_after_ms),
            person: delegation.person.map(|person| person.to_string()),
        },
        Control::Revoke { key, last_good, reason } => {
            ControlView::Revoke { key: key.to_string(), last_good_seq: *last_good, reason: *reason }
        }
        Control::Rotate { next } => ControlView::Rotate { next_key_digest: next.to_string() },
        Control::ForkEvidence { author, first, other } => ControlView::ForkEvidence {
            author: author.to_string(),
            first: first.to_string(),
            other: other.to_string(),
        },
        Control::Adopt(events) => {
            ControlView::Adopt { events: events.iter().map(ToString::to_string).collect() }
        }
        Control::ErasureNotice { event, section, reason } => {
            ControlView::ErasureNotice { event: event.to_string(), section: *section, reason: *reason }
        }
        Control::Epoch { time_ms, size, map_root } => ControlView::Epoch {
            time_ms: *time_ms,
            time: moment(*time_ms),
            size: *size,
            map_root: (*map_root != [0; 32]).then(|| hex::encode(map_root)),
        },
        Control::Standing { organisation, bits, reason } => ControlView::Standing {
            organisation: organisation.to_string(),
            standing: standing(*bits),
            reason: *reason,
        },
        Control::NextLogKey(key) => ControlView::NextLogKey { key: key.to_string() },
    })
}

/// The names of the roles that are set.
pub(crate) fn roles(roles: Roles) -> Vec<&'static str> {
    let names = [
        (Roles::DIARY, "diary"),
        (Roles::LOT, "lot"),
        (Roles::COMMERCE, "commerce"),
        (Roles::INSPECTION, "inspection"),
        (Roles::RECALL, "recall"),
        (Roles::ADMIN, "admin"),
    ];
    names.into_iter().filter(|(bit, _)| roles.contains(*bit)).map(|(_, name)| name).collect()
}

/// The names of what an organisation is recognised as.
pub(crate) fn standing(bits: Standing) -> Vec<&'static str> {
    let names = [
        (Standing::PRODUCER, "producer"),
        (Standing::PACKER, "packer"),
        (Standing::INSPECTOR, "inspector"),
        (Standing::AUTHORITY, "authority"),
        (Standing::SUSPENDED, "suspended"),
    ];
    names.into_iter().filter(|(bit, _)| bits.contains(*bit)).map(|(_, name)| name).collect()
}
