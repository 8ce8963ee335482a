// Form bodies. They are read as bytes, because workerd warns about reading this content type as text.

/** The fields of a form-encoded body. */
export async function formOf(request: Request): Promise<URLSearchParams> {
  return new URLSearchParams(new TextDecoder().decode(await request.arrayBuffer()));
}
