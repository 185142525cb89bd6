//! `struct RTMP` as the owner of a session: the one place where its public fields are loaded and stored.
//!
//! The C structure *is* the store of the public scalars. Each call loads them (so what C wrote between calls wins)
//! and stores those that the core changed (so what the library learnt wins, and two threads on two halves do not
//! overwrite each other's). Texts are read when they are used, as the reference does.

use crate::capi::amf::encode::AMFProp_Encode;
use crate::capi::connection::Connection;
use crate::capi::scalar::{self, Scalar};
use crate::capi::types::{AMFObject, AMFObjectProperty, RTMP, RTMP_READ};
use crate::capi::{calls, texts};
use crate::session::{Fields, Host, MAX_BANDWIDTH_CHECKS, Text};
use std::sync::atomic::Ordering;

/// Loads and stores each pair `core field => C field`.
macro_rules! shared_fields {
    ($($core:ident $(. $part:ident)? => $($c:ident).+;)*) => {
        /// Each scalar is read once and set twice: copying all of `fields` would wait for its single writes.
        ///
        /// # Safety
        /// `r` points to an initialised `struct RTMP`.
        #[inline]
        unsafe fn load_scalars(r: *const RTMP, fields: &mut Fields, loaded: &mut Fields) {
            $(
                // SAFETY: the caller's promise.
                let value = unsafe { Scalar::load(&raw const (*r).$($c).+) };
                fields.$core$(.$part)? = value;
                loaded.$core$(.$part)? = value;
            )*
        }

        /// # Safety
        /// `r` points to an initialised `struct RTMP`.
        unsafe fn store_scalars(r: *mut RTMP, fields: &Fields, loaded: &Fields) {
            $(
                if fields.$core$(.$part)? != loaded.$core$(.$part)? {
                    // SAFETY: the caller's promise.
                    unsafe { Scalar::store(&raw mut (*r).$($c).+, fields.$core$(.$part)?) };
                }
            )*
        }
    };
}

shared_fields! {
    in_chunk_size => m_inChunkSize;
    out_chunk_size => m_outChunkSize;
    bw_check_counter => m_nBWCheckCounter;
    bytes_in => m_nBytesIn;
    bytes_in_sent => m_nBytesInSent;
    buffer_ms => m_nBufferMS;
    stream_id => m_stream_id;
    media_channel => m_mediaChannel;
    media_stamp => m_mediaStamp;
    pause_stamp => m_pauseStamp;
    pausing => m_pausing;
    server_bw => m_nServerBW;
    client_bw => m_nClientBW;
    client_bw2 => m_nClientBW2;
    audio_codecs => m_fAudioCodecs;
    video_codecs => m_fVideoCodecs;
    encoding => m_fEncoding;
    duration => m_fDuration;
    read.timestamp => m_read.timestamp;
    read.data_type => m_read.dataType;
    read.flags => m_read.flags;
    read.status => m_read.status;
    read.initial_frame_type => m_read.initialFrameType;
    read.resume_ts => m_read.nResumeTS;
    read.ignored_frames => m_read.nIgnoredFrameCounter;
    read.ignored_flv_frames => m_read.nIgnoredFlvFrameCounter;
    link.seek_time => Link.seekTime;
    link.stop_time => Link.stopTime;
    link.flags => Link.lFlags;
    link.swf_age => Link.swfAge;
    link.protocol => Link.protocol;
    link.timeout => Link.timeout;
    link.socks_port => Link.socksport;
    link.port => Link.port;
    link.swf_size => Link.SWFSize;
}

/// What is tried first, and at most, as room for one extra argument of connect.
const SMALLEST_EXTRA: usize = 1024;
const LARGEST_EXTRA: usize = 1 << 24;

/// A call's view of `struct RTMP`.
pub(crate) struct Owner<'c> {
    r: *mut RTMP,
    connection: &'c Connection,
    fields: Fields,
    loaded: Fields,
}

impl<'c> Owner<'c> {
    /// Loads the public fields.
    ///
    /// # Safety
    /// `r` points to an initialised `struct RTMP` that stays where it is while the owner lives.
    #[inline]
    pub(crate) unsafe fn load(r: *mut RTMP, connection: &'c Connection) -> Self {
        let mut owner = Self { r, connection, fields: Fields::default(), loaded: Fields::default() };
        let (fields, loaded) = (&mut owner.fields, &mut owner.loaded);
        // SAFETY: the caller's promise.
        unsafe {
            load_scalars(r, fields, loaded);
            fields.playing = Scalar::load(&raw const (*r).m_bPlaying) != 0;
            fields.send_encoding = Scalar::load(&raw const (*r).m_bSendEncoding) != 0;
            fields.send_counter = Scalar::load(&raw const (*r).m_bSendCounter) != 0;
        }
        loaded.playing = fields.playing;
        owner
    }
}

impl Drop for Owner<'_> {
    /// Stores the public fields that changed since they were loaded.
    fn drop(&mut self) {
        // SAFETY: `load`'s caller promised that `r` stays good while this lives.
        unsafe {
            store_scalars(self.r, &self.fields, &self.loaded);
            if self.fields.playing != self.loaded.playing {
                Scalar::store(&raw mut (*self.r).m_bPlaying, u8::from(self.fields.playing));
            }
        }
    }
}

impl Host for Owner<'_> {
    fn fields(&self) -> &Fields {
        &self.fields
    }

    fn fields_mut(&mut self) -> &mut Fields {
        &mut self.fields
    }

    fn text(&self, which: Text) -> Vec<u8> {
        // SAFETY: the header's contract: a text setting points to `av_len` bytes that the program keeps for as long as
        // the session may need them; they are copied at once.
        unsafe { (*texts::text_field(self.r, which)).bytes().to_vec() }
    }

    fn set_text(&mut self, which: Text, value: Vec<u8>) {
        // SAFETY: `r` is good (see `load`).
        if let Some(flag) = unsafe { texts::replace_own(self.r, which, &value) } {
            self.fields.link.flags |= flag;
        }
    }

    fn extras(&self) -> Vec<u8> {
        // SAFETY: the header's contract: `Link.extras` holds `o_num` properties.
        let extras: AMFObject = unsafe { (*self.r).Link.extras };
        let count = usize::try_from(extras.o_num).unwrap_or(0);
        if extras.o_props.is_null() {
            return Vec::new();
        }
        let mut encoded = Vec::new();
        for index in 0..count {
            // SAFETY: `index` is below `o_num`; the property is only read, by the encoder's own rules.
            unsafe { append_encoded(extras.o_props.add(index), &mut encoded) };
        }
        encoded
    }

    fn swf_response(&self) -> [u8; 42] {
        // SAFETY: a field of the structure is copied; bytes are bytes, signed or not.
        unsafe { (*self.r).Link.SWFVerificationResponse }.map(|byte| byte as u8)
    }

    fn swf_hash(&self) -> [u8; 32] {
        // SAFETY: a field of the structure is copied.
        unsafe { (*self.r).Link.SWFHash }
    }

    fn set_swf_response(&mut self, answer: [u8; 42]) {
        // SAFETY: a field of the structure is replaced.
        unsafe { (*self.r).Link.SWFVerificationResponse = answer.map(|byte| byte as libc::c_char) };
    }

    fn resume(&self) -> (Vec<u8>, Vec<u8>) {
        // SAFETY: the header's contract: the pointers are null or point to as many bytes as the sizes say.
        unsafe {
            let read: *const RTMP_READ = &raw const (*self.r).m_read;
            (
                copy_of((*read).metaHeader, (*read).nMetaHeaderSize),
                copy_of((*read).initialFrame, (*read).nInitialFrameSize),
            )
        }
    }

    fn next_transaction(&mut self) -> i32 {
        // SAFETY: `r` is good (see `load`); the halves share the counter, so that no number is given twice.
        unsafe { scalar::add(&raw mut (*self.r).m_numInvokes, 1) }.wrapping_add(1)
    }

    fn call_sent(&mut self, method: &[u8], transaction: i32) {
        let _exclusive = self.connection.arrays.lock();
        // SAFETY: `r` is good (see `load`), and the lock keeps the other half out of the list.
        unsafe { calls::push(self.r, method, transaction) };
    }

    fn call_answered(&mut self, transaction: i32) -> Option<Vec<u8>> {
        let _exclusive = self.connection.arrays.lock();
        // SAFETY: as in `call_sent`.
        unsafe { calls::take(self.r, |call| call.num == transaction) }
    }

    fn call_dropped(&mut self, method: &[u8]) {
        let _exclusive = self.connection.arrays.lock();
        // SAFETY: as in `call_sent`; a call's name is a text of the list's own.
        unsafe { calls::take(self.r, |call| call.name.bytes() == method) };
    }

    fn publish_chunk_size(&self) -> Option<u32> {
        // SAFETY: `r` is good (see `load`).
        unsafe { crate::capi::extra::get(self.r) }.chunk
    }

    fn may_check_bandwidth(&mut self) -> bool {
        self.connection.bandwidth_checks.fetch_add(1, Ordering::Relaxed) < MAX_BANDWIDTH_CHECKS
    }

    fn chunk_size_announced(&mut self, size: u32) {
        self.connection.announced_chunk_size.store(size as usize, Ordering::Relaxed);
    }

    fn channel_time_of(&self, channel: i32) -> u32 {
        let _exclusive = self.connection.arrays.lock();
        // SAFETY: `r` is good (see `load`), and the lock keeps the reading half from moving the array.
        unsafe { calls::channel_time(self.r, channel) }
    }

    fn channel_time(&mut self, channel: u32, time: u32) {
        // SAFETY: `r` is good (see `load`); only the reading half, whose lock is held, stores times, and it moves the
        // array under the lock that readers of times hold.
        unsafe { calls::set_channel_time(self.r, channel, time, &self.connection.arrays) };
    }
}

/// # Safety
/// `bytes` is null or points to `len` readable bytes.
unsafe fn copy_of(bytes: *const libc::c_char, len: u32) -> Vec<u8> {
    if bytes.is_null() {
        return Vec::new();
    }
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts(bytes.cast::<u8>(), len as usize) }.to_vec()
}

/// Appends a property's encoding, in a buffer that grows until it fits; one that cannot be encoded at all is left out.
///
/// # Safety
/// `property` points to a property whose texts and objects are readable.
unsafe fn append_encoded(property: *mut AMFObjectProperty, encoded: &mut Vec<u8>) {
    let filled = encoded.len();
    let mut room = SMALLEST_EXTRA;
    while room <= LARGEST_EXTRA {
        encoded.resize(filled + room, 0);
        let place = &mut encoded[filled..];
        let range = place.as_mut_ptr_range();
        // SAFETY: the caller's promise; the encoder writes between both ends of the place only.
        let end = unsafe { AMFProp_Encode(property, range.start.cast(), range.end.cast()) };
        if !end.is_null() {
            encoded.truncate(filled + (end.addr() - range.start.addr()));
            return;
        }
        room *= 4;
    }
    encoded.truncate(filled);
    crate::warning!("an extra argument of connect (option conn) cannot be encoded: left out");
}
