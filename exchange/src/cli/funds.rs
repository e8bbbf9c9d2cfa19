//! Missing funds in the decimals of their asset.
//!
//! The exchange's sentence counts in the asset's smallest units, because the refusal of the core does not
//! say which asset it is about. Whoever asked knows: what a buy pays with, what a sell gives, what is
//! withdrawn.

use rialto_client::ClientError;
use rialto_protocol::text::{self, Context, Units};
use rialto_types::{Asset, Refusal, RejectReason};

/// The same error; a refusal for want of funds is told in `asset`.
pub(super) fn told_in(asset: &Asset, error: ClientError) -> ClientError {
    let ClientError::Refused(mut rejection) = error else {
        return error;
    };
    if let Some(reason @ RejectReason::InsufficientFunds) = rejection.reason() {
        let refusal = Refusal::new(reason, rejection.value, rejection.limit);
        let context = Context {
            units: Units::Native,
            pair: None,
            asset: Some(asset),
        };
        rejection.text = text::refusal(&refusal, &context);
    }
    ClientError::Refused(rejection)
}

#[cfg(test)]
mod tests {
    use rialto_client::{Cause, Rejection};

    use super::*;
    use crate::cli::testing::btc_usdt;

    fn told(reason: RejectReason) -> String {
        let rejection = Rejection {
            what: "NewOrder".to_owned(),
            cause: Cause::Rule(reason.into()),
            value: 2_500_000,
            limit: 1_000_000,
            text: "as it came".to_owned(),
        };
        let listed = btc_usdt();
        let ClientError::Refused(rejection) = told_in(listed.quote(), rejection.into()) else {
            panic!("a refusal stays one");
        };
        rejection.text
    }

    #[test]
    fn missing_funds_have_decimals_and_everything_else_stays() {
        assert_eq!(
            told(RejectReason::InsufficientFunds),
            "2.5 USDT are needed, 1 USDT are available"
        );
        assert_eq!(told(RejectReason::QtyBelowMin), "as it came");
    }
}
