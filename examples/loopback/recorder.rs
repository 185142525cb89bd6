//! Writes what is published into an FLV file: every tag as it came, each in the file before the next is taken in.

use crate::film;
use rtmp::flv;
use rtmp::message::MessageType;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Where in an FLV file it stands whether there is audio and video.
const FLAGS_AT: u64 = 4;

/// A recording in progress; the file is complete when it is dropped.
pub(crate) struct Recorder {
    file: File,
    tag: Vec<u8>,
    flags: u8,
}

impl Recorder {
    /// Begins the recording of the stream `name` in `directory`, in place of an older one. Fails when a stream of this
    /// name, in another application, is being recorded, and for a name that would lead out of the directory.
    pub(crate) fn create(directory: &Path, name: &[u8]) -> io::Result<Self> {
        let path = film::path(directory, name)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "not a name for a file"))?;
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let file = OpenOptions::new().create(true).write(true).truncate(false).open(&path)?;
        file.try_lock().map_err(io::Error::from)?;
        file.set_len(0)?;
        let mut recorder = Self { file, tag: Vec::new(), flags: 0 };
        recorder.file.write_all(&flv::file_header(0))?;
        Ok(recorder)
    }

    /// Appends a tag.
    pub(crate) fn write(&mut self, kind: MessageType, timestamp: u32, body: &[u8]) -> io::Result<()> {
        let length = u32::try_from(body.len()).map_err(io::Error::other)?;
        self.tag.clear();
        self.tag.extend(flv::tag_header(kind, length, timestamp));
        self.tag.extend_from_slice(body);
        self.tag.extend(flv::previous_tag_size(length));
        self.file.write_all(&self.tag)?;
        let flags = self.flags | flv::data_type_of(kind);
        if flags != self.flags {
            self.flags = flags;
            self.file.write_all_at(&[flags], FLAGS_AT)?;
        }
        Ok(())
    }
}
