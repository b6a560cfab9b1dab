//! How the enums of the public interface get the names and numbers by which other languages know
//! them. All are listed in `conformance/codes.csv`, from which nothing may be taken away.

/// Names and numbers the values of an enum without fields: `Value = number, "name";`. One that is
/// not listed does not compile.
macro_rules! names_of_values {
    ($type:ident: $($value:ident = $code:literal, $name:literal;)+) => {
        impl $type {
            /// All values.
            pub const ALL: &'static [Self] = &[$(Self::$value),+];

            /// The name of this value in all languages, such as a C header and the vectors of
            /// `conformance/`: lower-case words with hyphens. It never changes.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$value => $name,)+
                }
            }

            /// The number of this value in all languages, which no value of another enum has. It
            /// never changes, and is never given to another value.
            pub const fn code(self) -> u16 {
                match self {
                    $(Self::$value => $code,)+
                }
            }
        }
    };
}

/// Names and numbers the variants of an enum with fields, whatever the fields are:
/// `Variant = number, "name";`. One that is not listed does not compile.
macro_rules! names_of_kinds {
    ($type:ty: $($variant:ident = $code:literal, $name:literal;)+) => {
        impl $type {
            /// The [number](Self::code) and the [name](Self::name) of every variant.
            pub const KINDS: &'static [(u16, &'static str)] = &[$(($code, $name)),+];

            /// The name of the variant in all languages, such as a C header and the vectors of
            /// `conformance/`: lower-case words with hyphens. It never changes.
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant { .. } => $name,)+
                }
            }

            /// The number of the variant in all languages, which no value of another enum has. It
            /// never changes, and is never given to another variant.
            pub const fn code(&self) -> u16 {
                match self {
                    $(Self::$variant { .. } => $code,)+
                }
            }
        }
    };
}
