//! What only this side of the header can try: the layout, faults, and calls for Miri.

mod calls;
mod faults;
mod layout;
mod numbers;
mod reserve;
