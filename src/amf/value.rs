//! Decoded values, and how to find one among them.
#![forbid(unsafe_code)]

/// A value of AMF0 or AMF3, its texts borrowed from the input.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// A number; also AMF3's integer and date.
    Number(f64),
    /// A boolean.
    Boolean(bool),
    /// Text, UTF-8 by the specification and anything in practice; short or long.
    String(&'a [u8]),
    /// Named values, in the order they came; also a typed object, its class left out.
    Object(Object<'a>),
    /// Nothing: null, undefined, unsupported.
    Null,
    /// Named values, announced as an array.
    EcmaArray(Object<'a>),
    /// Values without names.
    StrictArray(Vec<Value<'a>>),
    /// A moment.
    Date {
        /// Milliseconds since 1970.
        milliseconds: f64,
        /// Minutes from UTC; reserved, 0 by the specification.
        zone: i16,
    },
    /// A document.
    Xml(&'a [u8]),
}

/// A value and its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Property<'a> {
    /// The name; empty where values have none.
    pub name: &'a [u8],
    /// The value.
    pub value: Value<'a>,
}

/// Named values in the order they came; a name may come twice.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object<'a> {
    /// The properties.
    pub properties: Vec<Property<'a>>,
}

impl<'a> Value<'a> {
    /// The bytes of a string.
    pub fn as_str(&self) -> Option<&'a [u8]> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// A number's value; anything may be in it, NaN and infinities included.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// A boolean's value.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Boolean(flag) => Some(*flag),
            _ => None,
        }
    }

    /// The named values of an object or an ECMA array.
    pub fn as_object(&self) -> Option<&Object<'a>> {
        match self {
            Value::Object(object) | Value::EcmaArray(object) => Some(object),
            _ => None,
        }
    }

    /// Whether this is null or undefined.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// [`Object::find_first`] in an object or ECMA array; `None` in anything else.
    pub fn find_first(&self, name: &[u8]) -> Option<&Value<'a>> {
        self.as_object()?.find_first(name)
    }

    /// [`Object::find_prefix`] in an object; `None` in anything else, ECMA arrays included.
    pub fn find_prefix(&self, prefix: &[u8]) -> Option<&Property<'a>> {
        match self {
            Value::Object(object) => object.find_prefix(prefix),
            _ => None,
        }
    }
}

impl<'a> Object<'a> {
    /// The first property of this name, not looking into nested objects.
    pub fn get(&self, name: &[u8]) -> Option<&Value<'a>> {
        self.properties.iter().find(|property| property.name == name).map(|property| &property.value)
    }

    /// The first property of this name, depth first through objects and ECMA arrays. A decoded tree is at most
    /// [`super::MAX_DEPTH`] deep, so this recursion is bounded.
    pub fn find_first(&self, name: &[u8]) -> Option<&Value<'a>> {
        self.properties.iter().find_map(|property| match &property.value {
            value if property.name == name => Some(value),
            value => value.find_first(name),
        })
    }

    /// The first property whose name begins with `prefix` and is longer, depth first through objects but not through
    /// ECMA arrays, as programs know it of the reference.
    pub fn find_prefix(&self, prefix: &[u8]) -> Option<&Property<'a>> {
        self.properties.iter().find_map(|property| {
            let matches = property.name.len() > prefix.len() && property.name.starts_with(prefix);
            if matches { Some(property) } else { property.value.find_prefix(prefix) }
        })
    }
}
