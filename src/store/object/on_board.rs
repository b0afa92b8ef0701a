//! A part of whatever no program needs but that of multi-primary peers. Elsewhere there is no value of it, and so none of what it is a
//! part of: the compiler then leaves out all that would be done to such a thing, and who writes that need not ask.

#[cfg(feature = "multi-primary")]
type Proof = ();
#[cfg(not(feature = "multi-primary"))]
type Proof = std::convert::Infallible;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnBoard(Proof);

impl Default for OnBoard {
    #[cfg(feature = "multi-primary")]
    fn default() -> OnBoard {
        OnBoard(())
    }

    #[cfg(not(feature = "multi-primary"))]
    fn default() -> OnBoard {
        unreachable!("whoever opens a scenario asks first whether its protocol is on board")
    }
}
