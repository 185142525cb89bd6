//! `struct RTMP` as the owner of a session: the one place where its public fields are read and written.
//!
//! The C structure *is* the store of the public scalars: the core reads and writes each where it lies, so that what C wrote
//! between calls counts, what the library learnt is there when the call returns, and two threads on two halves do not
//! overwrite each other's. Texts, too, are read when they are used, as the reference does.

use crate::capi::amf::encode::AMFProp_Encode;
use crate::capi::amf::room::room_for;
use crate::capi::connection::Connection;
use crate::capi::scalar::{self, Scalar};
use crate::capi::types::{AMFObjectProperty, RTMP, RTMP_READ};
use crate::capi::{arrays, texts};
use crate::handshake::SWF_ANSWER_SIZE;
use crate::session::{Host, MAX_BANDWIDTH_CHECKS, PublishAhead, Resumed, Scalars, TextSetting};
use crate::{Result, memory};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

/// Gives access to each scalar, `getter setter type: C field`. A flag is true for anything but 0.
macro_rules! scalars {
    (flags { $($is:ident $set_flag:ident: $flag:ident;)* }
     $($get:ident $set:ident $type:ty: $($place:ident).+;)*) => {
        impl Scalars for Owner<'_> {
            $(
                fn $get(&self) -> $type {
                    // SAFETY: `r` is good (see `new`).
                    unsafe { Scalar::load(&raw const (*self.r).$($place).+) }
                }

                fn $set(&mut self, value: $type) {
                    // SAFETY: `r` is good (see `new`).
                    unsafe { Scalar::store(&raw mut (*self.r).$($place).+, value) };
                }
            )*
            $(
                fn $is(&self) -> bool {
                    // SAFETY: `r` is good (see `new`).
                    unsafe { Scalar::load(&raw const (*self.r).$flag) != 0 }
                }

                fn $set_flag(&mut self, value: bool) {
                    // SAFETY: `r` is good (see `new`).
                    unsafe { Scalar::store(&raw mut (*self.r).$flag, u8::from(value)) };
                }
            )*
        }
    };
}

scalars! {
    flags {
        playing set_playing: m_bPlaying;
        send_encoding set_send_encoding: m_bSendEncoding;
        send_counter set_send_counter: m_bSendCounter;
    }
    in_chunk_size set_in_chunk_size i32: m_inChunkSize;
    out_chunk_size set_out_chunk_size i32: m_outChunkSize;
    bw_check_counter set_bw_check_counter i32: m_nBWCheckCounter;
    bytes_in set_bytes_in i32: m_nBytesIn;
    bytes_in_sent set_bytes_in_sent i32: m_nBytesInSent;
    buffer_ms set_buffer_ms i32: m_nBufferMS;
    stream_id set_stream_id i32: m_stream_id;
    media_channel set_media_channel i32: m_mediaChannel;
    media_stamp set_media_stamp u32: m_mediaStamp;
    pause_stamp set_pause_stamp u32: m_pauseStamp;
    pausing set_pausing i32: m_pausing;
    server_bw set_server_bw i32: m_nServerBW;
    client_bw set_client_bw i32: m_nClientBW;
    client_bw2 set_client_bw2 u8: m_nClientBW2;
    audio_codecs set_audio_codecs f64: m_fAudioCodecs;
    video_codecs set_video_codecs f64: m_fVideoCodecs;
    encoding set_encoding f64: m_fEncoding;
    duration set_duration f64: m_fDuration;
    read_timestamp set_read_timestamp u32: m_read.timestamp;
    read_data_type set_read_data_type u8: m_read.dataType;
    read_flags set_read_flags u8: m_read.flags;
    read_status set_read_status i8: m_read.status;
    read_frame_type set_read_frame_type u8: m_read.initialFrameType;
    read_resume_ts set_read_resume_ts u32: m_read.nResumeTS;
    read_ignored_frames set_read_ignored_frames u32: m_read.nIgnoredFrameCounter;
    read_ignored_flv_frames set_read_ignored_flv_frames u32: m_read.nIgnoredFlvFrameCounter;
    link_seek_time set_link_seek_time i32: Link.seekTime;
    link_stop_time set_link_stop_time i32: Link.stopTime;
    link_flags set_link_flags i32: Link.lFlags;
    link_protocol set_link_protocol i32: Link.protocol;
    link_swf_size set_link_swf_size u32: Link.SWFSize;
}

/// The longest encoding of an extra argument of connect: it must fit a message.
const LARGEST_EXTRA: usize = 1 << 24;

/// A call's view of `struct RTMP`.
pub(crate) struct Owner<'c> {
    r: *mut RTMP,
    connection: &'c Connection,
}

impl<'c> Owner<'c> {
    /// The owner of a session for one call.
    ///
    /// # Safety
    /// `r` points to an initialised `struct RTMP` that stays where it is while the owner lives.
    pub(crate) unsafe fn new(r: *mut RTMP, connection: &'c Connection) -> Self {
        Self { r, connection }
    }
}

impl Host for Owner<'_> {
    fn text(&self, which: TextSetting) -> Vec<u8> {
        // SAFETY: the header's contract: a text setting points to `av_len` bytes that the program keeps for as long as
        // the session may need them; they are copied at once.
        unsafe { (*texts::text_field(self.r, which)).bytes().to_vec() }
    }

    fn set_text(&mut self, which: TextSetting, value: Vec<u8>) {
        // SAFETY: `r` is good (see `new`).
        unsafe { texts::replace_own(self.r, which, &value) };
    }

    fn extras(&self) -> Vec<u8> {
        let mut encoded = Vec::new();
        // SAFETY: the header's contract: `Link.extras` holds `o_num` properties, whose texts and objects are readable.
        unsafe {
            let extras = (*self.r).Link.extras;
            extras.addresses().for_each(|property| append_encoded(property, &mut encoded));
        }
        encoded
    }

    fn swf_response(&self) -> [u8; SWF_ANSWER_SIZE] {
        // SAFETY: a field of the structure is copied; bytes are bytes, signed or not.
        unsafe { (*self.r).Link.SWFVerificationResponse }.map(|byte| byte as u8)
    }

    fn resume(&self) -> Result<Resumed> {
        // SAFETY: the header's contract: the pointers are null or point to as many bytes as the sizes say.
        unsafe {
            let read: *const RTMP_READ = &raw const (*self.r).m_read;
            Ok(Resumed {
                metadata: copy_of((*read).metaHeader, (*read).nMetaHeaderSize)?,
                frame: copy_of((*read).initialFrame, (*read).nInitialFrameSize)?,
            })
        }
    }

    fn next_transaction(&mut self) -> i32 {
        // SAFETY: `r` is good (see `new`); the halves share the counter, so that no number is given twice.
        unsafe { scalar::add(&raw mut (*self.r).m_numInvokes, 1) }.wrapping_add(1)
    }

    fn call_sent(&mut self, method: &[u8], transaction: i32) {
        let _exclusive = self.connection.arrays.lock();
        // SAFETY: `r` is good (see `new`), and the lock keeps the other half out of the list.
        unsafe { arrays::push_call(self.r, method, transaction) };
        self.connection.awaited.asked(method);
    }

    fn call_answered(&mut self, transaction: i32) -> Option<Vec<u8>> {
        let _exclusive = self.connection.arrays.lock();
        // SAFETY: as in `call_sent`.
        unsafe { arrays::take_call(self.r, |call| call.num == transaction) }
    }

    fn call_dropped(&mut self, method: &[u8]) {
        let _exclusive = self.connection.arrays.lock();
        // SAFETY: as in `call_sent`; a call's name is a text of the list's own.
        unsafe { arrays::take_call(self.r, |call| call.name.bytes() == method) };
    }

    fn publish_chunk_size(&self) -> Option<u32> {
        // SAFETY: `r` is good (see `new`).
        unsafe { crate::capi::extra::get(self.r) }.chunk
    }

    fn may_check_bandwidth(&mut self) -> bool {
        self.connection.bandwidth_checks.fetch_add(1, Ordering::Relaxed) < MAX_BANDWIDTH_CHECKS
    }

    fn chunk_size_announced(&mut self, size: u32) {
        self.connection.announced_chunk_size.store(size as usize, Ordering::Relaxed);
    }

    fn publish_ahead(&self) -> PublishAhead {
        *self.connection.publish_ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_publish_ahead(&mut self, ahead: PublishAhead) {
        *self.connection.publish_ahead.lock().unwrap_or_else(PoisonError::into_inner) = ahead;
    }

    fn channel_time(&self, channel: i32) -> u32 {
        let _exclusive = self.connection.arrays.lock();
        // SAFETY: `r` is good (see `new`), and the lock keeps the reading half from moving the array.
        unsafe { arrays::channel_time(self.r, channel) }
    }

    fn show_values(&self, body: &[u8]) {
        crate::capi::amf::dump::values(body);
    }

    fn set_channel_time(&mut self, channel: u32, time: u32) {
        // SAFETY: `r` is good (see `new`); only the reading half stores times, whose seat one call has at a time, and it
        // moves the array under the lock that readers of times hold.
        unsafe { arrays::set_channel_time(self.r, channel, time, &self.connection.arrays) };
    }
}

/// A copy of the bytes.
///
/// # Safety
/// `bytes` is null or points to `len` readable bytes.
unsafe fn copy_of(bytes: *const libc::c_char, len: u32) -> Result<Vec<u8>> {
    let mut copy = Vec::new();
    if !bytes.is_null() {
        // SAFETY: the caller's promise.
        let bytes = unsafe { std::slice::from_raw_parts(bytes.cast::<u8>(), len as usize) };
        memory::append(&mut copy, bytes, "resume")?;
    }
    Ok(copy)
}

/// Appends a property's encoding; one that cannot be encoded is left out.
///
/// # Safety
/// `property` points to a property whose texts and objects are readable.
unsafe fn append_encoded(property: *mut AMFObjectProperty, encoded: &mut Vec<u8>) {
    let filled = encoded.len();
    // SAFETY: the caller's promise. The encoder writes between both ends of the place only; it is given room for all, as
    // it ends an object early that does not fit.
    unsafe {
        let room = room_for(property.read());
        if room <= LARGEST_EXTRA && encoded.try_reserve(room).is_ok() {
            encoded.resize(filled + room, 0);
            let place = encoded[filled..].as_mut_ptr_range();
            let end = AMFProp_Encode(property, place.start.cast(), place.end.cast());
            if !end.is_null() {
                return encoded.truncate(filled + (end.addr() - place.start.addr()));
            }
            encoded.truncate(filled);
        }
    }
    crate::warning!("an extra argument of connect (option conn) cannot be encoded: left out");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capi::options::RTMP_SetOpt;
    use crate::capi::testing::Handle;
    use crate::capi::types::AVal;
    use std::os::unix::net::UnixStream;

    #[test]
    fn long_objects_of_connect_are_encoded_whole() {
        let (ours, _peer) = UnixStream::pair().unwrap();
        let handle = Handle::over(ours);
        let text = "x".repeat(700);
        let named = format!("NS:name:{text}");
        let items = ["O:1", &named, &named, "NO:inner:1", &named, "O:0", "O:0", "N:1"];
        for item in items {
            let mut value = AVal::borrowing(item.as_bytes());
            // SAFETY: the handle is initialised, and the texts outlive the session.
            assert_eq!(unsafe { RTMP_SetOpt(handle.0, &AVal::borrowing(b"conn"), &raw mut value) }, 1);
        }
        // SAFETY: the handle is initialised, and stays until the call is over.
        let call = unsafe { crate::capi::connection::current(handle.0) }.unwrap();
        let encoded = call.talk(|talk| talk.host.extras());
        drop(call);
        let whole = String::from_utf8_lossy(&encoded);
        assert_eq!(whole.matches(&text).count(), 3);
        let (string, end) = ((2 + 4) + (1 + 2 + 700), 3);
        assert_eq!(encoded.len(), 1 + 2 * string + (2 + 5 + 1 + string + end) + end + 9);
        handle.free();
    }
}
